package service

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"devops-go/internal/testpki"
)

func TestRefusalsAreJSON(t *testing.T) {
	const host = "Host: x\r\n\r\n"
	for _, tt := range []struct {
		name, request string
		tls           bool
		status        int
		message       string // a part of it
	}{
		{"no request", "hello\r\n\r\n", false, 400, "400 Bad Request"},
		{"no host", "GET / HTTP/1.1\r\n\r\n", false, 400, "missing required Host header"},
		{"bad host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", false, 400, "malformed Host header"},
		{"another protocol", "GET / HTTP/3.0\r\n" + host, false, 505, "unsupported protocol version"},
		{"unknown coding", "POST / HTTP/1.1\r\nTransfer-Encoding: brotli\r\n" + host, false, 501, "Unsupported transfer encoding"},
		{"large header", "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n" + host, false, 431, "431 Request Header Fields Too Large"},
		{"HTTP to HTTPS", "GET / HTTP/1.1\r\n" + host, true, 400, "Client sent an HTTP request to an HTTPS server."},
		{"a handler's own", "GET /x HTTP/1.1\r\n" + host, false, 404, "no such endpoint"},
		{"the same in HTTP/1.0", "GET /x HTTP/1.0\r\n\r\n", false, 404, "no such endpoint"},
		{"all of the server", "OPTIONS * HTTP/1.1\r\n" + host, false, 404, "no such endpoint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tcp, err := listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := New(new(Config), Build{})
			l := net.Listener(s.newListener(tcp))
			if tt.tls {
				_, certFile, keyFile := testpki.Write(t, t.TempDir())
				cert, err := tls.LoadX509KeyPair(certFile, keyFile)
				if err != nil {
					t.Fatal(err)
				}
				l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}})
			}
			s.log.w = io.Discard
			server := s.httpServer()
			go server.Serve(l)
			defer server.Close()

			conn, err := net.Dial("tcp", tcp.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go io.WriteString(conn, tt.request)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			var got struct{ Error, Message, Path *string }
			if err != nil || json.Unmarshal(body, &got) != nil || got.Error == nil || got.Message == nil || got.Path == nil {
				t.Fatalf("%s, %v: %s", resp.Status, err, body)
			}
			if resp.StatusCode != tt.status || *got.Error != http.StatusText(tt.status) || !strings.Contains(*got.Message, tt.message) || resp.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %v: %s; want %d, %q", resp.Status, resp.Header, body, tt.status, tt.message)
			}
		})
	}
}
