package service

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// BenchmarkLoopback is a request's way through the kernel and net/http, with
// the service and with a handler that has nothing to do.
func BenchmarkLoopback(b *testing.B) {
	s := New(&Config{}, Build{"1.2.3", "abc", "go1.26"})
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(bytes.Repeat([]byte("x"), 80))
	})
	b.Run("bare", func(b *testing.B) { loopback(b, &http.Server{Handler: bare}) })
	b.Run("bare-timeouts", func(b *testing.B) {
		loopback(b, &http.Server{Handler: bare, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout})
	})
	b.Run("service", func(b *testing.B) { loopback(b, &http.Server{Handler: s}) })
}

func loopback(b *testing.B, server *http.Server) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go server.Serve(l)
	defer server.Close()
	conn, err := net.DialTimeout("tcp", l.Addr().String(), time.Second)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	request := []byte("GET /health HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\n\r\n")
	for b.Loop() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		length := 0
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
			}
			if len(line) == 2 {
				break
			}
		}
		if _, err := io.CopyN(io.Discard, r, int64(length)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHandler is the service's own part of a request.
func BenchmarkHandler(b *testing.B) {
	s := New(&Config{}, Build{"1.2.3", "abc", "go1.26"})
	for _, path := range []string{"/", "/health", "/metrics"} {
		b.Run(path, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				s.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkSnapshot is what a request for /health costs with the second's
// snapshot, and where each renders its own.
func BenchmarkSnapshot(b *testing.B) {
	s := New(&Config{}, Build{"1.2.3", "abc", "go1.26"})
	for _, bench := range []struct {
		name   string
		before func()
	}{
		{"shared", func() {}},
		{"anew", func() { s.latest.Store(nil) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/health", nil)
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				bench.before()
				s.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkDeadlines sets and clears the deadlines that net/http does for a
// request, on a conn and on what it wraps.
func BenchmarkDeadlines(b *testing.B) {
	c, _ := connected(b)
	for _, bench := range []struct {
		name string
		conn net.Conn
	}{{"own", c}, {"net", c.TCPConn}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				later := time.Now().Add(time.Minute)
				for range 2 {
					for _, t := range []time.Time{later, {}} {
						if err := bench.conn.SetReadDeadline(t); err != nil {
							b.Fatal(err)
						}
					}
					if err := bench.conn.SetWriteDeadline(later); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
