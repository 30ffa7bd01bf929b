package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOtherNames(t *testing.T) {
	s := startServer(t)
	for path, same := range map[string]string{"/healthz": "status timestamp uptime_seconds", "/livez": "status timestamp uptime_seconds", "/readyz": "status"} {
		resp, body := s.send("GET", path)
		if got := strings.Join(keys(t, body), " "); resp.StatusCode != 200 || got != same {
			t.Errorf("%s: %s, %s", path, resp.Status, body)
		}
	}
	if _, body := s.send("GET", "/metrics"); !strings.Contains(body, `http_requests_total{route="/health",method="GET",code="200"} 2`) {
		t.Error("the other names are not counted as /health")
	}
}

func TestVersionStatusDelay(t *testing.T) {
	s := startServer(t)
	version, revision := builtAs()
	for _, tt := range []struct {
		path   string
		status int
		body   string
	}{
		{"/version", 200, `{"name":"devops-info-service","version":"` + version + `","revision":"` + revision + `","go_version":"go1.`},
		{"/status/200", 200, `{"status":200,"message":"OK"}`},
		{"/status/503", 503, `{"status":503,"message":"Service Unavailable"}`},
		{"/status/599", 599, `{"status":599,"message":""}`},
		{"/status/204", 204, ""},
		{"/status/304", 304, ""},
		{"/status/199", 400, `"message":"want /status/200 to /status/599"`},
		{"/status/600", 400, `"path":"/status/600"`},
		{"/status/x", 400, "want /status"},
		{"/status/", 404, "no such endpoint"},
		{"/status", 404, "no such endpoint"},
		{"/status/200/x", 404, "no such endpoint"},
		{"/delay/0", 200, `{"delay_seconds":0}`},
		{"/delay/0.05", 200, `{"delay_seconds":0.05}`},
		{"/delay/10.1", 400, "want /delay/0 to /delay/10"},
		{"/delay/-1", 400, "want /delay"},
		{"/delay/NaN", 400, "want /delay"},
		{"/delay/100m", 400, "want /delay"},
		{"/delay/x", 400, "want /delay"},
	} {
		resp, body := s.send("GET", tt.path)
		if resp.StatusCode != tt.status || !strings.Contains(body, tt.body) || tt.body == "" && body != "" {
			t.Errorf("%s: %s, %s; want %d, %s", tt.path, resp.Status, body, tt.status, tt.body)
		}
	}
	_, body := s.send("GET", "/metrics")
	for _, want := range []string{
		`{route="/status/{code}",method="GET",code="503"} 1`, `{route="/status/{code}",method="GET",code="other"} 2`, // 304, 599
		`{route="/delay/{seconds}",method="GET",code="400"} 5`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}

func TestDebugEndpoints(t *testing.T) {
	s := startServer(t)
	for _, path := range []string{"/env", "/headers"} {
		if resp, body := s.send("GET", path); resp.StatusCode != 404 {
			t.Errorf("%s without DEBUG_ENDPOINTS: %s", path, body)
		}
	}
	s = startServer(t, "DEBUG_ENDPOINTS=true", "API_TOKEN=hunter2", `QUOTED"NAME=a"b`)
	var env map[string]string
	_, body := s.send("GET", "/env")
	if err := json.Unmarshal([]byte(body), &env); err != nil || env["API_TOKEN"] != "***" || env[`QUOTED"NAME`] != `a"b` || env["HOST"] != "127.0.0.1" {
		t.Errorf("%v: %s", err, body)
	}
	var headers map[string][]string
	_, body = s.send("GET", "/headers", "Authorization", "Bearer hunter2", "X-Some", "one")
	if err := json.Unmarshal([]byte(body), &headers); err != nil || strings.Contains(body, "hunter2") ||
		headers["X-Some"][0] != "one" || headers["Host"][0] != s.addr || headers["Authorization"][0] != "***" {
		t.Errorf("%v: %s", err, body)
	}
}

func TestPretty(t *testing.T) {
	s := startServer(t)
	for _, path := range []string{"/?pretty", "/health?pretty=1", "/nope?a&pretty"} {
		if _, body := s.send("GET", path); !strings.HasPrefix(body, "{\n  \"") || !json.Valid([]byte(body)) || !strings.HasSuffix(body, "\n}\n") {
			t.Errorf("%s: %s", path, body)
		}
	}
	if _, body := s.send("GET", "/metrics?pretty"); !strings.HasPrefix(body, "# HELP") {
		t.Errorf("/metrics?pretty: %.40s", body)
	}
}

// TestChunksEndTheConnection checks that what may be an attempt to smuggle a
// request is answered once, and its connection closed.
func TestChunksEndTheConnection(t *testing.T) {
	s := startServer(t)
	for _, head := range []string{
		"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
		"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked",
		"GET /health HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
		"GET /health HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\nTransfer-Encoding: chunked",
		"GET /health HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked",
	} {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprint(conn, head+"\r\n\r\n0\r\n\r\nGET /ready HTTP/1.1\r\nHost: x\r\n\r\n")
		answer, _ := io.ReadAll(conn) // what is not read of a request may reset its connection
		if text := string(answer); strings.Count(text, "HTTP/1.") != 1 || !strings.Contains(text, " 200 OK\r\n") || !strings.Contains(text, "Connection: close\r\n") {
			t.Errorf("%q: %s", head, answer)
		}
	}
}

func TestForwardedZone(t *testing.T) {
	s := startServer(t, "TRUSTED_PROXIES=127.0.0.1,fe80::/10")
	for forwarded, want := range map[string]string{
		"2001:db8::1%eth0":        "2001:db8::1",
		"203.0.113.7, fe80::1%a'": "203.0.113.7",
		"fe80::2%x":               "fe80::2",
	} {
		if _, body := s.send("GET", "/", "X-Forwarded-For", forwarded); !strings.Contains(body, `"client_ip":"`+want+`"`) {
			t.Errorf("%s: want %s in %s", forwarded, want, body)
		}
	}
}

func TestMaxConnections(t *testing.T) {
	s := startServer(t, "MAX_CONNECTIONS=3")
	var open []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		open = append(open, conn)
		fmt.Fprint(conn, "GET /health HT")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for range 20 {
		resp, err := client.Get(s.url + "/health")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 503 || err != nil || !strings.Contains(string(body), "MAX_CONNECTIONS") {
			t.Fatalf("%s, %v: %s", resp.Status, err, body)
		}
	}
	open[0].Close()
	for range 50 { // the server may not have noticed yet
		resp, err := client.Get(s.url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == 200 {
			if !strings.Contains(string(body), "\nhttp_connections_refused_total 2") {
				t.Errorf("no count of 20 refused or some more:\n%s", body)
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("refused for ever")
}

// TestStopDoesNotWaitForTheSilent checks that connections that nothing has come
// from don't keep a stop waiting.
func TestStopDoesNotWaitForTheSilent(t *testing.T) {
	s := startServer(t, "SHUTDOWN_TIMEOUT=1m")
	for range 2000 {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	began := time.Now()
	s.signal(syscall.SIGTERM)
	if status := s.status(); status != 0 || time.Since(began) > 20*time.Second {
		t.Errorf("status %d after %v", status, time.Since(began))
	}
}

func TestSecondSignalSaysWhatItDid(t *testing.T) {
	s := startServer(t, "DRAIN_DELAY=1m")
	s.signal(syscall.SIGTERM)
	s.line("stopping")
	s.signal(syscall.SIGINT)
	if line := s.line("stopped"); !strings.Contains(line, "ended at once: second signal (interrupt) with 0 requests in flight and 0 connections open") {
		t.Error(line)
	}

	s = startServer(t, "SHUTDOWN_TIMEOUT=100ms")
	go http.Get(s.url + "/delay/10")
	time.Sleep(300 * time.Millisecond)
	s.signal(syscall.SIGTERM)
	if line := s.line("stopped"); !strings.Contains(line, "SHUTDOWN_TIMEOUT=100ms has passed with 1 requests in flight") {
		t.Error(line)
	}
}
