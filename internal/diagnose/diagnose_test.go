package diagnose

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// get runs Get and returns the body, what stderr shows and the failure's class.
func get(t *testing.T, url string, o GetOptions) (stdout, stderr string, class Class) {
	t.Helper()
	var out, errs bytes.Buffer
	err := (&Client{Timeout: 5 * time.Second}).Get(context.Background(), url, o, &out, &errs)
	if failure, ok := errors.AsType[*Error](err); ok {
		class = failure.Class
		fmt.Fprintln(&errs, err)
	} else if err != nil {
		t.Fatalf("an error without a class: %v", err)
	}
	return out.String(), errs.String(), class
}

func TestGet(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/body", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			io.WriteString(w, "part ")
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "late")
	})
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/body", http.StatusFound) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/nowhere", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusFound) })
	mux.HandleFunc("/teapot", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "short", http.StatusTeapot) })
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		fmt.Fprintf(w, "%s %s %s", user, password, r.UserAgent())
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "short")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	other := httptest.NewServer(http.RedirectHandler(server.URL+"/who", http.StatusFound))
	defer other.Close()
	host := strings.TrimPrefix(server.URL, "http://")

	for _, tt := range []struct {
		url    string
		class  Class
		stdout string
		stderr string
	}{
		{server.URL + "/body", 0, "hello", "HTTP/1.1 200 OK\n"},
		{host + "/body", 0, "hello", ""},
		{server.URL + "/chunked", 0, "part part part ", ""},
		{server.URL + "/early", 0, "late", "200 OK"},
		{server.URL + "/to", 0, "hello", "302 Found"},
		{server.URL + "/loop", Failed, "", "more than 3 redirects"},
		{server.URL + "/file", Failed, "", `"file:///etc/passwd": want http://HOST`},
		{server.URL + "/nowhere", 0, "", "302 Found"},
		{server.URL + "/teapot", Status, "short\n", "status: 418 I'm a teapot"},
		{server.URL + "/cut", Failed, "short", "reading the body: unexpected EOF"},
		{"http://me:secret@" + host + "/who", 0, "me secret tester", ""},
		{"http://me:secret@" + strings.TrimPrefix(other.URL, "http://"), 0, "  tester", ""},
		{"https://" + host, Failed, "", "failed: "},
		{"http://", Failed, "", "want http://HOST"},
		{"http://a b/", Failed, "", "failed: "},
	} {
		stdout, stderr, class := get(t, tt.url, GetOptions{MaxRedirects: 3, UserAgent: "tester"})
		if class != tt.class || stdout != tt.stdout || !strings.Contains(stderr, tt.stderr) || strings.Contains(stderr, "secret") {
			t.Errorf("%s: class %d, want %d; stdout %q; stderr %q", tt.url, class, tt.class, stdout, stderr)
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for {
			if _, err := io.WriteString(conn, "X-More: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
				return
			}
		}
	}()
	_, stderr, class := get(t, "http://"+l.Addr().String(), GetOptions{})
	if class != Failed || !strings.Contains(stderr, "headers of more than 1048576 bytes") {
		t.Errorf("class %d: %s", class, stderr)
	}
}

func TestHostPort(t *testing.T) {
	for _, tt := range []struct{ in, def, host, port string }{
		{"example.org:1", "", "example.org", "1"},
		{"[::1]:1", "", "::1", "1"},
		{"example.org", "443", "example.org", "443"},
		{"::1", "443", "::1", "443"},
		{"[::1]", "443", "::1", "443"},
		{"example.org", "", "", ""},
		{"::1", "", "", ""},
		{"", "443", "", ""},
		{":80", "", "", ""},
		{"x:", "443", "", ""},
	} {
		host, port, err := hostPort(tt.in, tt.def)
		if host != tt.host || port != tt.port || (err != nil) != (tt.host == "") {
			t.Errorf("%q, %q: %q, %q, %v", tt.in, tt.def, host, port, err)
		}
	}
}
