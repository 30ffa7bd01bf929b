package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"devops-go/internal/testpki"
)

// TestMain lets the test binary stand for the appliance, so that tests start a
// real process.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_AS_APP") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// app returns the appliance as a command, with nothing in its environment but env.
// APP chooses another binary than the test's own, such as dist/app, or
// "qemu-aarch64-static FILE".
func app(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	if other := strings.Fields(os.Getenv("APP")); len(other) > 0 {
		cmd := exec.Command(other[0], append(other[1:], args...)...)
		cmd.Env = append([]string{}, env...)
		return cmd
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append([]string{"TEST_AS_APP=1"}, env...)
	return cmd
}

// builtAs returns the version and the revision that the appliance states.
func builtAs() (version, revision string) {
	if os.Getenv("APP") == "" {
		return "devel", "unknown"
	}
	return os.Getenv("VERSION"), os.Getenv("REVISION") // that make exports
}

// try runs the appliance to its end.
func try(t *testing.T, env []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := app(t, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// A server is the appliance, serving.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	addr string // host:port
	url  string
	log  *bufio.Scanner
	exit chan int
}

// startServer starts the appliance on a free port and waits until it listens.
func startServer(t *testing.T, env ...string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, addr: l.Addr().String(), exit: make(chan int, 1)}
	l.Close()
	_, port, _ := net.SplitHostPort(s.addr)
	s.cmd = app(t, append([]string{"HOST=127.0.0.1", "PORT=" + port}, env...))
	s.cmd.Stderr = os.Stderr
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = w
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go func() {
		s.cmd.Wait()
		s.exit <- s.cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		out.Close()
	})
	s.log = bufio.NewScanner(out)
	line := s.line("listening")
	s.url = "http://" + s.addr
	if strings.Contains(line, "https") {
		s.url = "https://" + s.addr
	}
	return s
}

// line returns the next line of the log that has a text.
func (s *server) line(text string) string {
	s.t.Helper()
	for s.log.Scan() {
		if strings.Contains(s.log.Text(), text) {
			return s.log.Text()
		}
	}
	s.t.Fatalf("the log ended without %q", text)
	return ""
}

func (s *server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// status waits for the process's end.
func (s *server) status() int {
	s.t.Helper()
	select {
	case status := <-s.exit:
		return status
	case <-time.After(15 * time.Second):
		s.t.Fatal("the process does not end")
		return -1
	}
}

// send makes a request and returns its answer and body.
func (s *server) send(method, path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(body)
}

// keys returns the names of a JSON object's members in their order, those of
// nested objects with a dot; arrays are not entered.
func keys(t *testing.T, text string) (names []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	var object func(prefix string)
	object = func(prefix string) {
		for d.More() {
			token, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			name := prefix + token.(string)
			names = append(names, name)
			value, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			switch value {
			case json.Delim('{'):
				object(name + ".")
			case json.Delim('['):
				for d.More() {
					var skip any
					if err := d.Decode(&skip); err != nil {
						t.Fatal(err)
					}
				}
				d.Token()
			}
		}
		d.Token()
	}
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		t.Fatalf("no JSON object: %q", text)
	}
	object("")
	return names
}

func TestIndex(t *testing.T) {
	s := startServer(t)
	resp, body := s.send("GET", "/", "User-Agent", "tester \"1\"")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("answer %s, type %q", resp.Status, resp.Header.Get("Content-Type"))
	}
	want := strings.Fields(`service service.name service.version service.description service.framework
		system system.hostname system.platform system.platform_version system.architecture system.cpu_count
		system.cpu_quota system.memory_limit_bytes system.gomaxprocs system.uid system.gid system.read_only_root
		runtime runtime.uptime_seconds runtime.uptime_human runtime.current_time runtime.timezone
		request request.client_ip request.user_agent request.method request.path endpoints`)
	if got := keys(t, body); !slices.Equal(got, want) {
		t.Errorf("keys\n%v, want\n%v", got, want)
	}
	var doc struct {
		Service map[string]string
		System  map[string]any
		Runtime struct {
			Human string `json:"uptime_human"`
			Time  string `json:"current_time"`
			Zone  string `json:"timezone"`
		}
		Request   map[string]string
		Endpoints []map[string]string
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"name": "devops-info-service", "description": "DevOps course info service", "framework": "Go net/http"} {
		if doc.Service[key] != want {
			t.Errorf("service.%s = %q, want %q", key, doc.Service[key], want)
		}
	}
	host, _ := os.Hostname()
	if doc.System["hostname"] != host || doc.System["uid"] != float64(os.Geteuid()) {
		t.Errorf("system = %v", doc.System)
	}
	for key, want := range map[string]string{"client_ip": "127.0.0.1", "user_agent": `tester "1"`, "method": "GET", "path": "/"} {
		if doc.Request[key] != want {
			t.Errorf("request.%s = %q, want %q", key, doc.Request[key], want)
		}
	}
	if doc.Runtime.Human != "0 hours, 0 minutes" || doc.Runtime.Zone != "UTC" {
		t.Errorf("runtime = %+v", doc.Runtime)
	}
	if _, err := time.Parse("2006-01-02T15:04:05Z", doc.Runtime.Time); err != nil {
		t.Error(err)
	}
	var paths []string
	for _, e := range doc.Endpoints {
		paths = append(paths, e["method"]+" "+e["path"])
		if e["description"] == "" {
			t.Errorf("endpoint %v has no description", e)
		}
	}
	if got, want := strings.Join(paths, ", "), "GET /, GET /health, GET /ready, GET /metrics"; got != want {
		t.Errorf("endpoints %s, want %s", got, want)
	}
}

func TestAnswers(t *testing.T) {
	s := startServer(t)
	for _, tt := range []struct {
		method, path string
		status       int
		keys         string
	}{
		{"GET", "/health", 200, "status timestamp uptime_seconds"},
		{"GET", "/health?x=1", 200, "status timestamp uptime_seconds"},
		{"GET", "/ready", 200, "status"},
		{"GET", "/nope", 404, "error message path"},
		{"GET", "/health/", 404, "error message path"},
		{"GET", "//health", 404, "error message path"},
		{"GET", "/a%22b%0A%C3%A9", 404, "error message path"},
		{"POST", "/health", 405, "error message path"},
		{"DELETE", "/", 405, "error message path"},
		{"BREW", "/metrics", 405, "error message path"},
		{"POST", "/nope", 404, "error message path"},
	} {
		resp, body := s.send(tt.method, tt.path)
		if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %s, type %q; want %d", tt.method, tt.path, resp.Status, resp.Header.Get("Content-Type"), tt.status)
		}
		if got := strings.Join(keys(t, body), " "); got != tt.keys {
			t.Errorf("%s %s: keys %s, want %s", tt.method, tt.path, got, tt.keys)
		}
		if allow := resp.Header.Get("Allow"); (tt.status == 405) != (allow == "GET, HEAD") {
			t.Errorf("%s %s: Allow %q", tt.method, tt.path, allow)
		}
	}
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	s := startServer(t)
	for _, path := range []string{"/", "/health", "/ready", "/metrics", "/nope"} {
		get, body := s.send("GET", path)
		head, none := s.send("HEAD", path)
		if head.StatusCode != get.StatusCode || none != "" || head.ContentLength <= 0 {
			t.Errorf("HEAD %s: %s, body %q, length %d", path, head.Status, none, head.ContentLength)
		}
		if path != "/metrics" && path != "/" && head.ContentLength != int64(len(body)) {
			t.Errorf("HEAD %s: length %d, GET has %d", path, head.ContentLength, len(body))
		}
	}
}

func TestMetrics(t *testing.T) {
	s := startServer(t)
	s.send("GET", "/health")
	s.send("GET", "/health")
	s.send("HEAD", "/ready")
	s.send("GET", "/x1")
	s.send("BREW", "/x2")
	resp, body := s.send("GET", "/metrics")
	if got := resp.Header.Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("type %q", got)
	}
	version, revision := builtAs()
	for _, want := range []string{
		`http_requests_total{route="/health",method="GET",code="200"} 2`,
		`http_requests_total{route="/ready",method="HEAD",code="200"} 1`,
		`http_requests_total{route="other",method="GET",code="404"} 1`,
		`http_requests_total{route="other",method="other",code="404"} 1`,
		`http_request_duration_seconds_bucket{route="/health",le="+Inf"} 2`,
		`http_request_duration_seconds_count{route="/health"} 2`,
		`http_requests_in_flight 1`,
		`app_build_info{version="` + version + `",revision="` + revision + `",goversion="go`,
		"# TYPE go_goroutines gauge", "# TYPE go_memstats_alloc_bytes_total counter",
		"# TYPE process_cpu_seconds_total counter", "# TYPE process_resident_memory_bytes gauge",
		"# TYPE process_start_time_seconds gauge", "# TYPE process_open_fds gauge", "# TYPE process_max_fds gauge",
	} {
		if !strings.Contains(body, "\n"+want) {
			t.Errorf("no line %s…", want)
		}
	}
	_, value, _ := strings.Cut(body, "\nprocess_start_time_seconds ")
	value, _, _ = strings.Cut(value, "\n")
	started, err := strconv.ParseFloat(value, 64)
	if age := time.Since(time.Unix(int64(started), 0)); err != nil || age < -time.Minute || age > time.Minute {
		t.Errorf("started at %q, %v ago: %v", value, age, err)
	}
	if strings.Contains(body, "x1") || strings.Contains(body, "BREW") {
		t.Error("a client's path or method became a label")
	}
}

func TestClientIP(t *testing.T) {
	s := startServer(t, "TRUSTED_PROXIES=127.0.0.0/8, 10.0.0.0/8,::1")
	for _, tt := range []struct{ forwarded, want string }{
		{"", "127.0.0.1"},
		{"203.0.113.7", "203.0.113.7"},
		{"6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"},
		{"10.9.9.9, 10.1.2.3", "10.9.9.9"},
		{"203.0.113.7, nonsense", "127.0.0.1"},
		{"2001:db8::1", "2001:db8::1"},
		{"::ffff:203.0.113.7", "203.0.113.7"},
	} {
		_, body := s.send("GET", "/", "X-Forwarded-For", tt.forwarded)
		if !strings.Contains(body, `"client_ip":"`+tt.want+`"`) {
			t.Errorf("X-Forwarded-For %q: want %s in %s", tt.forwarded, tt.want, body)
		}
	}
	if _, body := startServer(t).send("GET", "/", "X-Forwarded-For", "203.0.113.7"); !strings.Contains(body, `"client_ip":"127.0.0.1"`) {
		t.Errorf("believed a stranger: %s", body)
	}
}

func TestBadConfiguration(t *testing.T) {
	bad := t.TempDir() + "/bad.pem"
	if err := os.WriteFile(bad, []byte("no certificate\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		env, args string
		want      []string
	}{
		{"PORT=0", "", []string{`PORT="0"`, "1 to 65535"}},
		{"PORT=http", "", []string{`PORT="http"`, "1 to 65535"}},
		{"", "-port=99999", []string{`-port="99999"`, "1 to 65535"}},
		{"HOST=example.org", "", []string{`HOST="example.org"`, "IP address"}},
		{"DRAIN_DELAY=5", "", []string{`DRAIN_DELAY="5"`, "500ms"}},
		{"SHUTDOWN_TIMEOUT=-1s", "", []string{`SHUTDOWN_TIMEOUT="-1s"`, "duration"}},
		{"LOG_FORMAT=xml", "", []string{`LOG_FORMAT="xml"`, "json or text"}},
		{"ACCESS_LOG=maybe", "", []string{`ACCESS_LOG="maybe"`, "true or false"}},
		{"TRUSTED_PROXIES=10.0.0.0/99", "", []string{`TRUSTED_PROXIES="10.0.0.0/99"`, "CIDRs"}},
		{"TLS_CERT_FILE=/x", "", []string{`TLS_CERT_FILE="/x"`, "TLS_KEY_FILE"}},
		{"TLS_KEY_FILE=/x", "", []string{`TLS_KEY_FILE="/x"`, "TLS_CERT_FILE"}},
		{"", "-tls-cert-file /x -tls-key-file /y", []string{`TLS_CERT_FILE="/x"`, "no such file"}},
		{"EXTRA_CA_FILE=/dev/zero", "", []string{`EXTRA_CA_FILE="/dev/zero"`, "larger than"}},
		{"SSL_CERT_FILE=/x", "", []string{`SSL_CERT_FILE="/x"`, "no such file"}},
		{"SSL_CERT_DIR=/x", "", []string{`SSL_CERT_DIR="/x"`, "no such file"}},
		{"TLS_CERT_FILE=/dev/zero TLS_KEY_FILE=/dev/zero", "", []string{`TLS_CERT_FILE="/dev/zero"`, "larger than"}},
		{"MAX_CONNECTIONS=0", "", []string{`MAX_CONNECTIONS="0"`, "number"}},
		{"DEBUG_ENDPOINTS=yes", "", []string{`DEBUG_ENDPOINTS="yes"`, "true or false"}},
		{"EXTRA_CA_FILE=/x", "", []string{`EXTRA_CA_FILE="/x"`, "no such file"}},
		{"EXTRA_CA_FILE=" + bad, "", []string{"EXTRA_CA_FILE", "no PEM certificate"}},
		{"HOST=192.0.2.1", "", []string{`HOST="192.0.2.1"`, "cannot assign"}},
		{"", "-no-such", []string{"-no-such: no such flag"}},
		{"", "extra", []string{`"extra": no such command`}},
		{"", "serve extra", []string{`"extra": takes no argument`}},
		{"", "get", []string{"want one URL"}},
		{"", "roots -check=x", []string{"-check"}},
	} {
		stdout, stderr, status := try(t, strings.Fields(tt.env), strings.Fields(tt.args)...)
		line, hint, _ := strings.Cut(stderr, "\n")
		if status != 2 || stdout != "" || !strings.HasPrefix(line, "app: ") || hint != "" && hint != "hint: app help\n" {
			t.Errorf("%s %s: status %d, stdout %q, stderr %q", tt.env, tt.args, status, stdout, stderr)
		}
		for _, want := range tt.want {
			if !strings.Contains(line, want) {
				t.Errorf("%s %s: %q does not say %q", tt.env, tt.args, line, want)
			}
		}
	}
}

func TestEmptyVariableIsUnset(t *testing.T) {
	if _, stderr, status := try(t, []string{"LOG_FORMAT=", "TLS_CERT_FILE=", "ACCESS_LOG=", "PORT=1x"}, "serve"); status != 2 || !strings.Contains(stderr, "PORT") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestLog(t *testing.T) {
	s := startServer(t, "ACCESS_LOG=true")
	s.send("GET", "/health?secret=1", "User-Agent", "a\tb")
	var line struct {
		Time               time.Time
		Level, Msg, Method string
		Path               string
		Status, Bytes      int
		ClientIP           string `json:"client_ip"`
	}
	text := s.line("request")
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if line.Path != "/health" || line.Status != 200 || line.Method != "GET" || line.ClientIP != "127.0.0.1" || line.Bytes == 0 || line.Level != "info" {
		t.Errorf("%s", text)
	}
	s.signal(syscall.SIGTERM)
	for s.log.Scan() {
		if !json.Valid(s.log.Bytes()) {
			t.Errorf("not JSON: %s", s.log.Text())
		}
	}

	s = startServer(t, "ACCESS_LOG=true", "LOG_FORMAT=text")
	s.send("GET", "/", "User-Agent", `curl "x" y=z`)
	if text := s.line("request"); !strings.HasPrefix(text, "time=") || !strings.Contains(text, ` level=info msg=request client_ip=127.0.0.1 method=GET path=/ status=200 `) ||
		!strings.HasSuffix(text, ` user_agent="curl \"x\" y=z"`) {
		t.Errorf("%s", text)
	}
}

func TestStopAnswersEverybody(t *testing.T) {
	for _, delay := range []string{"0s", "300ms"} {
		for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
			s := startServer(t, "DRAIN_DELAY="+delay)
			var answered, failed atomic.Int64
			var firstFailure atomic.Value
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					// Half of the clients keep their connection, half open one a request.
					transport := &http.Transport{DisableKeepAlives: i%2 == 0}
					defer transport.CloseIdleConnections()
					client := &http.Client{Transport: transport}
					for {
						resp, err := client.Post(s.url+"/health", "text/plain", strings.NewReader("not retried"))
						if errors.Is(err, syscall.ECONNREFUSED) {
							return // the port is closed: nothing was accepted
						}
						if err != nil {
							failed.Add(1)
							firstFailure.CompareAndSwap(nil, err.Error())
							return
						}
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
						answered.Add(1)
					}
				})
			}
			time.Sleep(200 * time.Millisecond)
			s.signal(sig)
			wg.Wait()
			if status := s.status(); status != 0 || failed.Load() > 0 || answered.Load() == 0 {
				t.Errorf("%v, DRAIN_DELAY=%s: status %d, %d answered, %d failed: %v", sig, delay, status, answered.Load(), failed.Load(), firstFailure.Load())
			}
		}
	}
}

func TestDrain(t *testing.T) {
	s := startServer(t, "DRAIN_DELAY=400ms")
	s.signal(syscall.SIGTERM)
	s.line("stopping")
	resp, body := s.send("GET", "/ready")
	if resp.StatusCode != 503 || !strings.Contains(body, "draining") || !resp.Close {
		t.Errorf("/ready: %s, %s, close %v", resp.Status, body, resp.Close)
	}
	if resp, _ := s.send("GET", "/health"); resp.StatusCode != 200 {
		t.Errorf("/health: %s", resp.Status)
	}
	if status := s.status(); status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	s := startServer(t, "DRAIN_DELAY=1m")
	s.signal(syscall.SIGTERM)
	s.line("stopping")
	began := time.Now()
	s.signal(syscall.SIGINT)
	if status := s.status(); status != 1 || time.Since(began) > 5*time.Second {
		t.Errorf("status %d after %v", status, time.Since(began))
	}
}

func TestShutdownTimeoutCutsOff(t *testing.T) {
	s := startServer(t, "SHUTDOWN_TIMEOUT=200ms")
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /health HTTP/1.1\r\nHost: x\r\n") // never ends
	time.Sleep(50 * time.Millisecond)
	s.signal(syscall.SIGTERM)
	if status := s.status(); status != 1 {
		t.Errorf("status %d, want 1", status)
	}
}

func TestSlowClientsDoNotStopAFastOne(t *testing.T) {
	s := startServer(t)
	for range 1000 {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET / HT")
	}
	client := &http.Client{Timeout: 3 * time.Second}
	resp, err := client.Get(s.url + "/health")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("%s", resp.Status)
	}
}

func TestOversizedHeader(t *testing.T) {
	s := startServer(t)
	if resp, _ := s.send("GET", "/", "X-Big", strings.Repeat("x", 64<<10)); resp.StatusCode != 431 {
		t.Errorf("%s, want 431", resp.Status)
	}
	if resp, _ := s.send("GET", "/", "X-Big", strings.Repeat("x", 8<<10)); resp.StatusCode != 200 {
		t.Errorf("%s, want 200", resp.Status)
	}
}

func TestBothFamilies(t *testing.T) {
	for _, host := range []string{"0.0.0.0", "::"} {
		s := startServer(t, "HOST="+host)
		_, port, _ := net.SplitHostPort(s.addr)
		for _, loopback := range []string{"127.0.0.1", "::1"} {
			conn, err := net.DialTimeout("tcp", net.JoinHostPort(loopback, port), 3*time.Second)
			if err != nil {
				t.Errorf("HOST=%s: %v", host, err)
				continue
			}
			conn.Close()
		}
		if _, stderr, status := try(t, []string{"HOST=" + host, "PORT=" + port}, "healthcheck"); status != 0 {
			t.Errorf("HOST=%s: healthcheck %d: %s", host, status, stderr)
		}
	}
}

func TestTLS(t *testing.T) {
	ca, cert, key := testpki.Write(t, t.TempDir())
	env := []string{"TLS_CERT_FILE=" + cert, "TLS_KEY_FILE=" + key}
	s := startServer(t, env...)
	_, port, _ := net.SplitHostPort(s.addr)
	for _, tt := range []struct {
		env, args      string
		status         int
		stdout, stderr string
	}{
		{"EXTRA_CA_FILE=" + ca, "get " + s.url + "/health", 0, `"status":"healthy"`, "HTTP/1.1 200 OK"},
		{"", "get -extra-ca-file " + ca + " https://localhost:" + port + "/ready", 0, `"ready"`, "200 OK"},
		{"", "get " + s.url + "/health", 6, "", "app: get: certificate: "},
		{"EXTRA_CA_FILE=" + ca, "tls " + s.addr, 0, "issuer   CN=Test Root", ""},
		{"EXTRA_CA_FILE=" + ca, "tls " + s.addr, 0, "trusted by " + ca, ""},
		{"EXTRA_CA_FILE=" + ca, "tls https://" + s.addr + "/path", 0, "trusted by " + ca, ""},
		{"", "tls " + s.addr, 6, "presented, not verified", "app: tls: certificate: "},
		{"SSL_CERT_FILE=" + ca, "tls localhost:" + port, 0, "verified for localhost", ""},
		{"EMBEDDED_ROOTS=false SSL_CERT_FILE=" + ca, "tls localhost:" + port, 0, "trusted by", ""},
		{"EXTRA_CA_FILE=/nope", "tls " + s.addr, 2, "", `EXTRA_CA_FILE="/nope": no such file`},
		{strings.Join(env, " ") + " HOST=0.0.0.0 PORT=" + port, "healthcheck", 0, "", ""},
		{"HOST=0.0.0.0 PORT=" + port, "healthcheck", 1, "", "app: healthcheck: status: 400"},
	} {
		stdout, stderr, status := try(t, strings.Fields(tt.env), strings.Fields(tt.args)...)
		if status != tt.status || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("%s app %s: status %d, want %d\nstdout %s\nstderr %s", tt.env, tt.args, status, tt.status, stdout, stderr)
		}
	}
}

func TestFailureClasses(t *testing.T) {
	s := startServer(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts by the kernel, never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	_, deadPort, _ := net.SplitHostPort(closed.Addr().String())
	for _, tt := range []struct {
		args   string
		status int
		stderr string
	}{
		{"get " + s.url + "/nope", 1, "app: get: status: 404 Not Found"},
		{"get http://" + closed.Addr().String(), 4, "app: get: refused: "},
		{"get -timeout 300ms http://" + silent.Addr().String(), 5, "app: get: timeout: "},
		{"get -timeout 2s http://no-such-name.invalid/", 3, "app: get: dns: "},
		{"get ftp://x/", 2, "want http://HOST"},
		{"tcp " + closed.Addr().String(), 4, "app: tcp: refused: "},
		{"tcp 127.0.0.1", 2, "want HOST:PORT"},
		{"tls -timeout 300ms " + silent.Addr().String(), 5, "app: tls: timeout: "},
		{"tls " + s.addr, 2, "app: tls: failed: "},
		{"dns -timeout 2s no-such-name.invalid", 3, "app: dns: dns: "},
		{"healthcheck -host 127.0.0.1 -port " + deadPort, 1, "app: healthcheck: refused: "},
	} {
		_, stderr, status := try(t, nil, strings.Fields(tt.args)...)
		if status != tt.status || !strings.Contains(stderr, tt.stderr) || strings.Count(stderr, "\n") > 2 {
			t.Errorf("app %s: status %d, want %d; stderr %s", tt.args, status, tt.status, stderr)
		}
	}
}

func TestCommands(t *testing.T) {
	s := startServer(t)
	version, revision := builtAs()
	for _, tt := range []struct {
		args           string
		stdout, stderr []string
	}{
		{"help", []string{"usage: app [serve] [flags]", "exit status:", "example:"}, nil},
		{"--help", []string{"usage: app [serve] [flags]"}, nil},
		{"help get", []string{"usage: app get [flags] URL", "-max-redirects N", "EXTRA_CA_FILE"}, nil},
		{"serve -h", []string{"usage: app [serve] [flags]\n", "-access-log true|false\n"}, nil},
		{"-version", []string{"devops-info-service " + version + "\n"}, nil},
		{"--version", []string{"devops-info-service " + version + "\n"}, nil},
		{"get " + s.url + "/ready -i -timeout 5s", []string{`{"status":"ready"}`}, []string{"Content-Length: 19"}},
		{"serve -h", []string{"-drain-delay DURATION", "(DRAIN_DELAY; 0s)"}, nil},
		{"version", []string{"devops-info-service " + version + "\n", "revision  " + revision + "\n", "go        go1.", " bytes\n", "roots     "}, nil},
		{"info", []string{`{"service":{"name":"devops-info-service"`, `"request":null,"endpoints":[{"path":"/"`}, nil},
		{"get -v " + s.url + "/ready", []string{`{"status":"ready"}`}, []string{"* dns ", "first byte", "Content-Type: application/json", "HTTP/1.1 200 OK"}},
		{"get -i " + s.addr + "/ready", []string{`{"status":"ready"}`}, []string{"Content-Length: 19"}},
		{"tcp " + s.addr, []string{"connected to " + s.addr + " in "}, nil},
		{"dns 127.0.0.1", nil, nil},
		{"dns localhost", []string{"127.0.0.1"}, nil},
		{"roots", []string{"roots  embedded, Mozilla's of 20", "trusted in all", "next to expire: 20"}, nil},
		{"healthcheck -host 127.0.0.1 -port " + strings.Split(s.addr, ":")[1], nil, nil},
	} {
		stdout, stderr, status := try(t, nil, strings.Fields(tt.args)...)
		if status != 0 && tt.args != "dns 127.0.0.1" { // which may have no name
			t.Errorf("app %s: status %d: %s", tt.args, status, stderr)
		}
		for _, want := range tt.stdout {
			if !strings.Contains(stdout, want) {
				t.Errorf("app %s: stdout has no %q:\n%s", tt.args, want, stdout)
			}
		}
		for _, want := range tt.stderr {
			if !strings.Contains(stderr, want) {
				t.Errorf("app %s: stderr has no %q:\n%s", tt.args, want, stderr)
			}
		}
	}
}

// TestManual holds the package comment to the usage.
func TestManual(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	usage, _, _ := try(t, nil, "help")
	lines, _, _ := strings.Cut(usage, "\n\n")
	for line := range strings.SplitSeq(lines, "\n") {
		if line = "\n\t" + line[len("usage: "):] + "\n"; !strings.Contains(string(source), line) {
			t.Errorf("the comment of main.go has no line %q", line)
		}
	}
}

func TestInfoIsIndex(t *testing.T) {
	stdout, _, _ := try(t, nil, "info")
	_, body := startServer(t).send("GET", "/")
	index := slices.DeleteFunc(keys(t, body), func(key string) bool { return strings.HasPrefix(key, "request.") })
	if got := keys(t, stdout); !slices.Equal(got, index) {
		t.Errorf("info has %v, GET / %v", got, index)
	}
}
