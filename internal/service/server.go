// Package service is the info service: its configuration, routes, metrics, and
// its life from the listening socket to the last answer. Facts about the host
// come from package sysinfo; nothing here knows of commands.
package service

import (
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"devops-go/internal/jsonenc"
	"devops-go/internal/sysinfo"
)

// Name is what the service calls itself.
const Name = "devops-info-service"

// Build says what was built.
type Build struct{ Version, Revision, GoVersion string }

// A Server answers the service's routes. It is safe for concurrent use.
type Server struct {
	config   *Config
	build    Build
	routes   []route
	started  time.Time
	draining atomic.Bool
	metrics  metrics
	log      logger
	buffers  sync.Pool // of *jsonenc.Buffer
	latest   atomic.Pointer[snapshot]

	// What does not change, and the parts of the answer to GET / that don't: see
	// learn.
	learned              sync.Once
	info                 sysinfo.Info
	indexHead, indexTail jsonenc.Buffer
}

// A route is a path that answers GET and HEAD.
type route struct {
	path, description string
	contentType       []string
	// answer appends the body to b.
	answer func(s *Server, r *http.Request, now time.Time, b *jsonenc.Buffer) (status int)
}

// HTTP header values that are shared by all answers: net/http only reads them.
var (
	jsonType   = []string{"application/json"}
	promType   = []string{"text/plain; version=0.0.4; charset=utf-8"}
	allow      = []string{"GET, HEAD"}
	closeAfter = []string{"close"}
)

func routes() []route {
	return []route{
		{"/", "Service information", jsonType, (*Server).index},
		{"/health", "Health check", jsonType, (*Server).health},
		{"/ready", "Readiness check", jsonType, (*Server).ready},
		{"/metrics", "Prometheus metrics", promType, (*Server).writeMetrics},
	}
}

// New returns a server that has started now.
func New(c *Config, b Build) *Server {
	s := &Server{config: c, build: b, routes: routes(), started: time.Now()}
	s.log.text = c.LogText
	s.buffers.New = func() any {
		b := make(jsonenc.Buffer, 0, 2048)
		return &b
	}
	s.metrics.init(len(s.routes))
	return s
}

// learn reads the facts, once, and heeds them.
func (s *Server) learn() {
	s.learned.Do(func() {
		s.info = sysinfo.Read(sysinfo.Host{})
		s.renderIndexParts()
		if limit := s.info.Cgroup.Memory; limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
			debug.SetMemoryLimit(limit / 10 * 9)
		}
	})
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	s.metrics.inFlight.Add(1)
	buf := s.buffers.Get().(*jsonenc.Buffer)
	index := s.find(r.URL.Path)
	status, contentType := s.answer(index, r, began, buf)

	header := w.Header()
	header["Content-Type"] = contentType
	header["Date"] = s.snapshot(began).date // net/http would render it for each answer
	if status == http.StatusMethodNotAllowed {
		header["Allow"] = allow
	}
	if s.draining.Load() {
		header["Connection"] = closeAfter
	}
	if len(*buf) > 2048 { // net/http states the length of what is shorter
		header["Content-Length"] = []string{strconv.Itoa(len(*buf))}
	}
	w.WriteHeader(status)
	w.Write(*buf)

	took := time.Since(began)
	s.metrics.observe(index, r.Method, status, took)
	if s.config.AccessLog {
		s.logAccess(r, status, len(*buf), took)
	}
	*buf = (*buf)[:0]
	s.buffers.Put(buf)
	s.metrics.inFlight.Add(-1)
}

// find returns the index of the route of a path, len(s.routes) if it has none.
func (s *Server) find(path string) int {
	for i := range s.routes {
		if s.routes[i].path == path {
			return i
		}
	}
	return len(s.routes)
}

func (s *Server) answer(index int, r *http.Request, now time.Time, b *jsonenc.Buffer) (status int, contentType []string) {
	switch {
	case index == len(s.routes):
		return appendError(b, http.StatusNotFound, "no such endpoint; GET / lists them", r.URL.Path), jsonType
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return appendError(b, http.StatusMethodNotAllowed, "use GET or HEAD", r.URL.Path), jsonType
	}
	return s.routes[index].answer(s, r, now, b), s.routes[index].contentType
}

func appendError(b *jsonenc.Buffer, status int, message, path string) int {
	b.Begin('{')
	b.Field("error", http.StatusText(status))
	b.Field("message", message)
	b.Field("path", path)
	endBody(b)
	return status
}

// endBody closes a body's outermost object.
func endBody(b *jsonenc.Buffer) {
	b.End('}')
	*b = append(*b, '\n')
}

func (s *Server) logAccess(r *http.Request, status, size int, took time.Duration) {
	s.log.record("info", "request").
		str("client_ip", s.clientIP(r)).
		str("method", r.Method).
		str("path", r.URL.Path).
		int("status", int64(status)).
		int("bytes", int64(size)).
		int("duration_us", took.Microseconds()).
		str("user_agent", r.UserAgent()).
		write()
}
