package service

import (
	"net/http"
	"strconv"
	"time"

	"devops-go/internal/jsonenc"
)

// A snapshot is the parts of answers that state the time, rendered once a second
// and shared by all the requests of that second.
type snapshot struct {
	second, uptime  int64 // for which it holds
	health, runtime jsonenc.Buffer
	date            []string // the value of the header Date
}

func (s *Server) snapshot(now time.Time) *snapshot {
	second, uptime := now.Unix(), int64(now.Sub(s.started)/time.Second)
	t := s.latest.Load()
	if t == nil || t.second != second || t.uptime != uptime {
		t = &snapshot{second: second, uptime: uptime}
		t.date = []string{now.UTC().Format(http.TimeFormat)}
		t.renderHealth(now)
		t.renderRuntime(now)
		s.latest.Store(t)
	}
	return t
}

// renderHealth renders the answer to GET /health.
func (t *snapshot) renderHealth(now time.Time) {
	b := &t.health
	b.Begin('{')
	b.Field("status", "healthy")
	b.Key("timestamp")
	b.Time(now)
	b.IntField("uptime_seconds", t.uptime)
	endBody(b)
}

// renderRuntime renders the member "runtime" of the answer to GET /.
func (t *snapshot) renderRuntime(now time.Time) {
	b := &t.runtime
	b.Begin('{')
	b.IntField("uptime_seconds", t.uptime)
	b.Field("uptime_human", humanUptime(t.uptime))
	b.Key("current_time")
	b.Time(now)
	b.Field("timezone", "UTC")
	b.End('}')
}

// humanUptime renders seconds as "1 hour, 5 minutes".
func humanUptime(seconds int64) string {
	return plural(seconds/3600, "hour") + ", " + plural(seconds/60%60, "minute")
}

func plural(n int64, unit string) string {
	s := strconv.FormatInt(n, 10) + " " + unit
	if n != 1 {
		s += "s"
	}
	return s
}
