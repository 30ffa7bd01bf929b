package service

import (
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/jsonenc"
)

// maxDelay bounds what GET /delay/{seconds} waits; it is below writeTimeout.
const maxDelay = 10 * time.Second

// version answers what was built.
func (s *Server) version(_ *http.Request, _ time.Time, b *jsonenc.Buffer) int {
	b.Begin('{')
	b.Field("name", Name)
	b.Field("version", s.build.Version)
	b.Field("revision", s.build.Revision)
	b.Field("go_version", s.build.GoVersion)
	endBody(b)
	return http.StatusOK
}

// status answers with the status code that the path asks for.
func (s *Server) status(r *http.Request, _ time.Time, b *jsonenc.Buffer) int {
	code, err := strconv.Atoi(r.URL.Path[len("/status/"):])
	if err != nil || code < 200 || code > 599 {
		return appendError(b, http.StatusBadRequest, "want /status/200 to /status/599", r.URL.Path)
	}
	if code == http.StatusNoContent || code == http.StatusNotModified {
		return code // which have no body
	}
	b.Begin('{')
	b.IntField("status", int64(code))
	b.Field("message", http.StatusText(code))
	endBody(b)
	return code
}

// delay answers after the seconds that the path asks for.
func (s *Server) delay(r *http.Request, _ time.Time, b *jsonenc.Buffer) int {
	text := r.URL.Path[len("/delay/"):]
	wait, err := time.ParseDuration(text + "s") // strconv.ParseFloat would add 11 kB
	if err != nil || wait < 0 || wait > maxDelay || strings.Trim(text, "0123456789.") != "" {
		return appendError(b, http.StatusBadRequest, "want /delay/0 to /delay/10, in seconds", r.URL.Path)
	}
	time.Sleep(wait)
	b.Begin('{')
	b.Key("delay_seconds")
	b.Float(wait.Seconds())
	endBody(b)
	return http.StatusOK
}

// env answers the environment, with secrets masked.
func (s *Server) env(_ *http.Request, _ time.Time, b *jsonenc.Buffer) int {
	variables := os.Environ()
	slices.Sort(variables)
	b.Begin('{')
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		b.String(name)
		*b = append(*b, ':')
		b.String(masked(name, value))
	}
	endBody(b)
	return http.StatusOK
}

// headers answers the headers of the request, with secrets masked.
func (s *Server) headers(r *http.Request, _ time.Time, b *jsonenc.Buffer) int {
	names := []string{"Host"} // which net/http takes out of the others
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	b.Begin('{')
	for _, name := range names {
		values := r.Header[name]
		if name == "Host" {
			values = []string{r.Host}
		}
		b.String(name)
		*b = append(*b, ':')
		b.Begin('[')
		for _, value := range values {
			b.String(masked(name, value))
		}
		b.End(']')
	}
	endBody(b)
	return http.StatusOK
}

// masked returns a value that may be shown: none whose name speaks of a secret,
// and no URL with a password in it.
func masked(name, value string) string {
	name = strings.ToUpper(name)
	for _, word := range []string{"KEY", "SECRET", "TOKEN", "PASS", "PWD", "AUTH", "CRED", "COOKIE", "PRIVATE", "SESSION", "SIGNATURE", "DSN", "SALT"} {
		if strings.Contains(name, word) && !strings.HasSuffix(name, "_FILE") && !strings.HasSuffix(name, "_DIR") {
			return "***"
		}
	}
	if _, rest, ok := strings.Cut(value, "://"); ok && strings.Contains(rest, "@") {
		return "***"
	}
	return value
}
