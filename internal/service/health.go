package service

import (
	"net/http"
	"time"

	"devops-go/internal/jsonenc"
)

func (s *Server) health(_ *http.Request, now time.Time, b *jsonenc.Buffer) int {
	*b = append(*b, s.snapshot(now).health...)
	return http.StatusOK
}
