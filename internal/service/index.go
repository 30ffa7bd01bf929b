package service

import (
	"net/http"
	"time"

	"devops-go/internal/jsonenc"
)

// renderIndexParts renders what GET / says before and after the facts that
// change.
func (s *Server) renderIndexParts() {
	b := &s.indexHead
	b.Begin('{')
	b.Key("service")
	b.Begin('{')
	b.Field("name", Name)
	b.Field("version", s.build.Version)
	b.Field("description", "DevOps course info service")
	b.Field("framework", "Go net/http")
	b.End('}')
	b.Key("system")
	s.appendSystem(b)

	b = &s.indexTail
	b.Begin('[')
	for _, r := range s.routes {
		if r.description == "" {
			continue
		}
		b.Begin('{')
		b.Field("path", r.path)
		b.Field("method", http.MethodGet)
		b.Field("description", r.description)
		b.End('}')
	}
	b.End(']')
}

func (s *Server) appendSystem(b *jsonenc.Buffer) {
	b.Begin('{')
	b.Field("hostname", s.info.Hostname)
	b.Field("platform", s.info.Platform)
	b.Field("platform_version", s.info.PlatformVersion)
	b.Field("architecture", s.info.Architecture)
	b.IntField("cpu_count", int64(s.info.CPUs))
	b.Key("cpu_quota")
	if s.info.Cgroup.CPUQuota > 0 {
		b.Float(s.info.Cgroup.CPUQuota)
	} else {
		b.Null()
	}
	b.Key("memory_limit_bytes")
	if s.info.Cgroup.Memory > 0 {
		b.Int(s.info.Cgroup.Memory)
	} else {
		b.Null()
	}
	b.IntField("gomaxprocs", int64(s.info.MaxProcs))
	b.IntField("uid", int64(s.info.UID))
	b.IntField("gid", int64(s.info.GID))
	b.Key("read_only_root")
	b.Bool(s.info.ReadOnlyRoot)
	b.End('}')
}

func (s *Server) index(r *http.Request, now time.Time, b *jsonenc.Buffer) int {
	s.appendIndex(r, now, b)
	return http.StatusOK
}

// Info appends what GET / says; there is no request then.
func (s *Server) Info(b *jsonenc.Buffer) { s.appendIndex(nil, time.Now(), b) }

func (s *Server) appendIndex(r *http.Request, now time.Time, b *jsonenc.Buffer) {
	s.learn()
	*b = append(*b, s.indexHead...)
	b.Key("runtime")
	*b = append(*b, s.snapshot(now).runtime...)
	b.Key("request")
	if r == nil {
		b.Null()
	} else {
		b.Begin('{')
		b.Field("client_ip", s.clientIP(r))
		b.Field("user_agent", r.UserAgent())
		b.Field("method", r.Method)
		b.Field("path", r.URL.Path)
		b.End('}')
	}
	b.Key("endpoints")
	*b = append(*b, s.indexTail...)
	endBody(b)
}
