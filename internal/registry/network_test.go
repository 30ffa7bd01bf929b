package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/dockerconfig"
	"devops-go/internal/oci"
	"devops-go/internal/registrytest"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		in   string
		want time.Duration
	}{
		{"", 0},
		{"0", 0},
		{"7", 7 * time.Second},
		{"Fri, 02 Jan 2026 03:04:35 GMT", 30 * time.Second},
		{"Fri, 02 Jan 2026 03:00:00 GMT", 0},
		{"-1", 0},
		{"soon", 0},
		{"99999999999999999999", 0},
	} {
		if got := retryAfter(http.Header{"Retry-After": {tt.in}}, now); got != tt.want {
			t.Errorf("retryAfter(%q) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

// What a registry asks for is waited for, at least; without a word from it the
// waits double, and they are few.
func TestRetryWaits(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		status int
		after  string
		wants  []time.Duration // at least, and at most twice that
	}{
		{429, "7", []time.Duration{7e9, 7e9, 7e9, 7e9, 7e9}},
		{503, "Fri, 02 Jan 2026 03:04:35 GMT", []time.Duration{30e9, 30e9, 30e9, 30e9, 30e9}},
		{502, "", []time.Duration{187e6, 375e6, 750e6, 1500e6, 3000e6}},
		{404, "", nil},
		{501, "", nil},
		{507, "", nil},
	} {
		f := newFake(t)
		f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if tt.after != "" {
				w.Header().Set("Retry-After", tt.after)
			}
			w.WriteHeader(tt.status)
			return true
		}
		c, naps := f.client(Options{Now: func() time.Time { return now }})
		if _, err := c.Manifest(t.Context(), f.ref("app")); err == nil {
			t.Errorf("%d: no error", tt.status)
		}
		if len(naps.all) != len(tt.wants) {
			t.Errorf("%d: waited %v, want %v", tt.status, naps.all, tt.wants)
			continue
		}
		for i, want := range tt.wants {
			if got := naps.all[i]; got < want || got > 2*want {
				t.Errorf("%d: wait %d is %v, want %v", tt.status, i, got, want)
			}
		}
	}
}

// Nobody listens: that is said at once. Somebody did a moment ago: that is
// worth a wait.
func TestConnectionRefused(t *testing.T) {
	f := newFake(t)
	f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	c, naps := f.client(Options{})
	if _, err := c.Manifest(t.Context(), f.ref("app")); err != nil {
		t.Fatal(err)
	}
	f.HTTP.CloseClientConnections()
	f.HTTP.Listener.Close()
	_, err := c.Manifest(t.Context(), f.ref("app"))
	if err == nil || !strings.Contains(err.Error(), "connection refused") || len(naps.all) != maxAttempts-1 {
		t.Errorf("known host: %v after %d waits", err, len(naps.all))
	}
	c, naps = f.client(Options{})
	_, err = c.Manifest(t.Context(), f.ref("app"))
	if err == nil || !strings.Contains(err.Error(), "connection refused") || len(naps.all) != 0 {
		t.Errorf("new host: %v after %d waits", err, len(naps.all))
	}
	checkLine(t, err, f.Host())
}

// newTLS makes f a registry that speaks TLS only, and returns its host and
// the roots that know it.
func newTLS(t *testing.T, f *fake) (string, *tls.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(f)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that leave
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return strings.TrimPrefix(s.URL, "https://"), &tls.Config{RootCAs: roots}
}

// On loopback TLS is spoken where it is understood, and must then be right.
func TestTLS(t *testing.T) {
	f := newFake(t)
	f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	addr, config := newTLS(t, f)
	ref, err := ParseReference(addr + "/app")
	if err != nil {
		t.Fatal(err)
	}
	c, _ := f.client(Options{TLS: config})
	if _, err := c.Manifest(t.Context(), ref); err != nil {
		t.Error(err)
	}
	c, naps := f.client(Options{})
	_, err = c.Manifest(t.Context(), ref)
	if err == nil || !strings.Contains(err.Error(), "certificate") || len(naps.all) > 0 {
		t.Errorf("unknown authority: %v after %d waits", err, len(naps.all))
	}
}

// A dialer can't be had by option, so the test stands in for the network: every
// name leads to f.
func (f *fake) everywhere(c *Client) {
	dial := c.transport.DialContext
	c.transport.DialContext = func(ctx context.Context, network, _ string) (conn net.Conn, err error) {
		return dial(ctx, network, f.Host())
	}
}

// Off loopback plain http is an option, by host.
func TestPlainHTTP(t *testing.T) {
	f := newFake(t)
	f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	ref, err := ParseReference("registry.test:5000/app")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		plain   []string
		wantErr string
	}{
		{nil, "server gave HTTP response to HTTPS client"},
		{[]string{"registry.test"}, "server gave HTTP response to HTTPS client"},
		{[]string{"registry.test:5000"}, ""},
	} {
		c, _ := f.client(Options{PlainHTTP: tt.plain})
		f.everywhere(c)
		_, err := c.Manifest(t.Context(), ref)
		if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
			t.Errorf("PlainHTTP %q: error %v, want %q", tt.plain, err, tt.wantErr)
		}
	}
}

// From https nothing leads to http: no redirect, no upload location, no token
// service.
func TestNoDowngrade(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter, r *http.Request, n int) bool{
		"redirect": func(w http.ResponseWriter, r *http.Request, n int) bool {
			http.Redirect(w, r, "http://plain.test/x", http.StatusTemporaryRedirect)
			return true
		},
		"location": func(w http.ResponseWriter, r *http.Request, n int) bool {
			if r.Method == http.MethodPost {
				w.Header().Set("Location", "http://plain.test/x")
				w.WriteHeader(202)
			}
			return r.Method == http.MethodPost
		},
		"token service": func(w http.ResponseWriter, r *http.Request, n int) bool {
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://plain.test/token"`)
			w.WriteHeader(401)
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			addr, config := newTLS(t, f)
			ref, err := ParseReference(addr + "/app")
			if err != nil {
				t.Fatal(err)
			}
			c, _ := f.client(Options{TLS: config})
			if err := c.Ping(t.Context(), addr); err != nil {
				t.Fatal(err)
			}
			f.Fault = fault
			_, err = c.PushBlob(t.Context(), ref, blobOf([]byte("x")))
			if err == nil || !strings.Contains(err.Error(), "to plain http://plain.test") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Mirrors are asked first, in order; what they can't deliver comes from the
// registry itself, which alone is pushed to and whose errors count.
func TestMirrors(t *testing.T) {
	main, first, second := newFake(t), newFake(t), newFake(t)
	content := pattern(1000)
	d := main.AddBlob("app", content)
	main.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	main.AddManifest("app", "rare", oci.MediaTypeManifest, []byte(manifestText))
	second.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	first.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		registrytest.Refuse(w, 403, "DENIED", "not today")
		return true
	}
	c, _ := main.client(Options{Mirrors: map[string][]string{main.Host(): {"127.0.0.1:1", first.Host(), second.Host()}}})
	asked := func() int { return len(main.Requests()) }

	if _, err := c.Manifest(t.Context(), main.ref("app")); err != nil || asked() != 0 {
		t.Errorf("latest: %v, the registry was asked %d times", err, asked())
	}
	if _, err := c.Manifest(t.Context(), main.ref("app:rare")); err != nil || asked() == 0 {
		t.Errorf("rare: %v, the registry was asked %d times", err, asked())
	}
	rc, err := c.Blob(t.Context(), main.ref("app"), d, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if n, err := io.Copy(io.Discard, rc); err != nil || n != 1000 {
		t.Errorf("blob: %d bytes, %v", n, err)
	}
	if _, err := c.Manifest(t.Context(), main.ref("app:none")); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), main.Host()+": GET") {
		t.Errorf("none: %v", err)
	}
	if _, err := c.PushBlob(t.Context(), main.ref("app"), blobOf([]byte("x"))); err != nil {
		t.Error(err)
	}
	if methods(second.Requests()) != "GET GET GET GET" {
		t.Errorf("the mirror was sent %q", second.Requests())
	}
}

// Docker Hub's API has another address than its name, and its own key.
func TestHub(t *testing.T) {
	f := newFake(t)
	f.AddManifest("library/app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	f.basic("me", password)
	var key string
	var hosts []string
	guard := f.Fault
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		hosts = append(hosts, r.Host)
		return guard(w, r, n)
	}
	ref, err := ParseReference("app")
	if err != nil {
		t.Fatal(err)
	}
	c, _ := f.client(Options{
		PlainHTTP: []string{hubAPI},
		Credentials: func(_ context.Context, host string) (dockerconfig.Credential, error) {
			key = host
			return dockerconfig.Credential{Username: "me", Password: password}, nil
		},
	})
	f.everywhere(c)
	_, err = c.Manifest(t.Context(), ref)
	if err != nil || key != "docker.io" || strings.Join(hosts, " ") != strings.Repeat(" "+hubAPI, 2)[1:] {
		t.Errorf("%v; credentials of %q, hosts %q", err, key, hosts)
	}
}

// TestProxy runs itself again in an environment that names a proxy, since that
// is read once in a process's life.
func TestProxy(t *testing.T) {
	if os.Getenv("REGISTRY_TEST_PROXIED") != "" {
		proxied(t)
		return
	}
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization")
		w.WriteHeader(http.StatusForbidden)
	}))
	withPassword := strings.Replace(proxy.URL, "http://", "http://me:"+password+"@", 1)
	cmd := exec.Command(os.Args[0], "-test.run=^TestProxy$", "-test.v")
	cmd.Env = append(os.Environ(), "REGISTRY_TEST_PROXIED=1", "HTTPS_PROXY="+withPassword, "https_proxy=", "NO_PROXY=", "no_proxy=")
	out, err := cmd.CombinedOutput()
	proxy.Close()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if want := "CONNECT registry.test:5000 Basic bWU6cGFzcy13MHJk"; asked != want {
		t.Errorf("the proxy was sent %q, want %q", asked, want)
	}
}

// proxied pulls through a proxy that refuses.
func proxied(t *testing.T) {
	ref, err := ParseReference("registry.test:5000/app")
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Sleep: (&naps{}).sleep})
	defer c.Close()
	_, err = c.Manifest(t.Context(), ref)
	if err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Fatalf("error %v", err)
	}
	checkLine(t, err, "registry.test:5000")
	checkSecret(t, err)
}

// A thousand images, eight at a time, some given up half-way, leave memory,
// goroutines and descriptors where they were.
func TestManyImages(t *testing.T) {
	f, s := newFake(t), newTokenService(t)
	f.bearer(s, inV2, anyToken)
	layer := pattern(64 << 10)
	d := digest.FromBytes(layer)
	for i := range images {
		name := fmt.Sprintf("app-%d", i)
		f.AddManifest(name, "latest", oci.MediaTypeManifest, []byte(manifestText))
		f.AddBlob(name, layer)
	}
	c, _ := f.client(Options{})
	pullMany(t, func(i int) error {
		return pullPart(t, c, f.ref(fmt.Sprintf("app-%d", i)), d, int64(len(layer)), i%3 == 0)
	})
}

// pullPart pulls a manifest and a blob, or only the blob's beginning.
func pullPart(t *testing.T, c *Client, ref Reference, d digest.Digest, size int64, part bool) error {
	if _, err := c.Manifest(t.Context(), ref); err != nil {
		return err
	}
	rc, err := c.Blob(t.Context(), ref, d, size)
	if err != nil {
		return err
	}
	defer rc.Close()
	if part {
		_, err = rc.Read(make([]byte, 10))
	} else {
		_, err = io.Copy(io.Discard, rc)
	}
	return err
}

const images = 1000

// pullMany calls pull with each number below images, eight at a time, and
// compares what the process uses after a quarter of them and after all.
func pullMany(t *testing.T, pull func(i int) error) {
	t.Helper()
	run := func(from, to int) usage {
		work := make(chan int)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range work {
					if err := pull(i); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := from; i < to; i++ {
			work <- i
		}
		close(work)
		wg.Wait()
		return measure(t)
	}
	before, after := run(0, images/4), run(images/4, images)
	t.Logf("after %d images %+v, after %d %+v", images/4, before, images, after)
	if after.heap > before.heap+2<<20 || after.goroutines > before.goroutines+20 || after.descriptors > before.descriptors+20 {
		t.Error("it grows")
	}
}

// usage is what a process must not use more and more of.
type usage struct {
	heap        uint64
	goroutines  int
	descriptors int
}

func measure(t *testing.T) usage {
	t.Helper()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return usage{m.HeapAlloc, runtime.NumGoroutine(), len(entries)}
}
