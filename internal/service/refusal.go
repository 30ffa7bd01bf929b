package service

import (
	"bytes"
	"net/http"
	"strconv"

	"devops-go/internal/jsonenc"
)

// refusal returns the JSON answer that replaces one of net/http's own, or nil if
// p isn't one. What is no request for a handler (malformed, a header that is too
// large, HTTP on the port of HTTPS) net/http refuses itself, in plain text and
// by one write to the connection.
func refusal(p []byte) []byte {
	if len(p) < 12 || p[0] != 'H' || p[9] < '4' {
		return nil // of "HTTP/1.1 200 OK"
	}
	head, message, _ := bytes.Cut(p, []byte("\r\n\r\n"))
	if !bytes.HasSuffix(head, []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close")) && bytes.IndexByte(head, '\n') >= 0 {
		return nil
	}
	code := string(p[9:12])
	status, _ := strconv.Atoi(code)
	var b jsonenc.Buffer
	appendError(&b, status, string(bytes.TrimSpace(message)), "")
	return []byte("HTTP/1.1 " + code + " " + http.StatusText(status) + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
		strconv.Itoa(len(b)) + "\r\n\r\n" + string(b))
}
