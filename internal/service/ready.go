package service

import (
	"net/http"
	"time"

	"devops-go/internal/jsonenc"
)

// ready answers 503 from the moment that a stop begins, so that a load balancer
// sends no more while the port still answers.
func (s *Server) ready(_ *http.Request, _ time.Time, b *jsonenc.Buffer) int {
	status, word := http.StatusOK, "ready"
	if s.draining.Load() {
		status, word = http.StatusServiceUnavailable, "draining"
	}
	b.Begin('{')
	b.Field("status", word)
	endBody(b)
	return status
}
