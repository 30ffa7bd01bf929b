package service

import (
	"net/http"
	"time"

	"devops-go/internal/jsonenc"
)

func (s *Server) health(_ *http.Request, b *jsonenc.Buffer) int {
	b.Begin('{')
	b.Field("status", "healthy")
	b.Key("timestamp")
	b.Time(time.Now())
	b.IntField("uptime_seconds", s.uptime())
	endBody(b)
	return http.StatusOK
}
