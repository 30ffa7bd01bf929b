package engine

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devops-go/internal/oci"
)

// A fake is an engine whose answers a test chooses, by method and path.
type fake struct {
	version string // what its ping says
	answers map[string]func(w http.ResponseWriter, r *http.Request)
	log     []string
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Method + " " + r.URL.Path
	f.log = append(f.log, key)
	if r.URL.Path == "/_ping" {
		w.Header().Set("Api-Version", f.version)
		return
	}
	if answer, ok := f.answers[key]; ok {
		answer(w, r)
		return
	}
	w.WriteHeader(http.StatusNotFound)
	io.WriteString(w, `{"message":"No such image: \u001b[2Jx\nhint"}`)
}

// newFake listens on a unix socket, as engines do.
func newFake(t *testing.T, answers map[string]func(w http.ResponseWriter, r *http.Request)) (*fake, *Client) {
	t.Helper()
	f := &fake{version: "1.41", answers: answers}
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: listener, Config: &http.Server{Handler: f}}
	s.Start()
	t.Cleanup(s.Close)
	return f, newClient(t, Endpoint{Host: "unix://" + socket})
}

func newClient(t *testing.T, e Endpoint) *Client {
	t.Helper()
	c, err := New(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func says(text string) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) }
}

func TestInspect(t *testing.T) {
	const raw = `{"Id":"sha256:ab","RepoTags":["a:b"],"Size":7,"Os":"linux","Architecture":"arm","Variant":"v7","New":1}`
	f, c := newFake(t, map[string]func(w http.ResponseWriter, r *http.Request){
		"GET /v1.41/images/example.com/a:b/json":    says(raw),
		"GET /v1.41/images/odd/json":                says(`{"Size":"large"}`),
		"GET /v1.41/images/example.com/a:b/history": says(`[{"Id":"x","Created":86400,"CreatedBy":"RUN x","Size":3}]`),
	})
	image, err := c.Inspect(t.Context(), "example.com/a:b", oci.Platform{})
	if err != nil || image.ID != "sha256:ab" || image.Size != 7 || image.OS != "linux" || image.Variant != "v7" || string(image.Raw) != raw {
		t.Errorf("Inspect = %+v, %v", image, err)
	}
	history, err := c.History(t.Context(), "example.com/a:b", oci.Platform{})
	if err != nil || len(history) != 1 || history[0].CreatedBy != "RUN x" || !history[0].Time().Equal(time.Unix(86400, 0)) {
		t.Errorf("History = %+v, %v", history, err)
	}
	if got := strings.Join(f.log, "; "); strings.Count(got, "_ping") != 1 {
		t.Errorf("requests %s", got)
	}
	if _, err := c.Inspect(t.Context(), "none", oci.Platform{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing image: %v", err)
	} else {
		checkLine(t, err, c.Endpoint().Host)
	}
	for _, name := range []string{"", "odd"} {
		if _, err := c.Inspect(t.Context(), name, oci.Platform{}); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("Inspect(%q): %v", name, err)
		}
	}
}

// checkLine checks that err is one printable line that names the endpoint.
func checkLine(t *testing.T, err error, endpoint string) {
	t.Helper()
	if s := err.Error(); !strings.Contains(s, endpoint) || strings.ContainsAny(s, "\n\r\x1b") || len(s) > 1000 {
		t.Errorf("error is not one line that names %s: %q", endpoint, s)
	}
}

func TestVersions(t *testing.T) {
	for _, tt := range []struct{ theirs, fixed, want, wantErr string }{
		{"1.41", "", "/v1.41/", ""},
		{"1.12", "", "/v1.12/", ""},
		{newestAPI, "", "/v" + newestAPI + "/", ""},
		{"1.99", "", "/v" + newestAPI + "/", ""},
		{"2.1", "", "/v" + newestAPI + "/", ""},
		{"", "", "/v" + oldestAPI + "/", ""},
		{"1.41", "1.30", "/v1.30/", ""},
		{"x", "", "", `its API has version "x"`},
		{"1.2/../../x", "", "", "which is not a version"},
		{"-1.2", "", "", "which is not a version"},
	} {
		f := &fake{version: tt.theirs}
		s := httptest.NewServer(f)
		c := newClient(t, Endpoint{Host: s.URL, Version: tt.fixed})
		_, err := c.Inspect(t.Context(), "x", oci.Platform{})
		if tt.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("%q: error %v, want %q", tt.theirs, err, tt.wantErr)
			}
		} else if got := f.log[len(f.log)-1]; !strings.Contains(got, tt.want) {
			t.Errorf("%q: request %s, want %s", tt.theirs, got, tt.want)
		}
		s.Close()
	}
}

// Where no engine is, one line says where it was looked for and what may help.
func TestUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "tcp://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	none := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	for _, tt := range []struct {
		host, want string
	}{
		{none, "no such file or directory (is the engine running?"},
		{closed, "connection refused (is the engine running?"},
	} {
		c := newClient(t, Endpoint{Host: tt.host, Source: "DOCKER_HOST"})
		_, err := c.Inspect(t.Context(), "x", oci.Platform{})
		if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
		checkLine(t, err, tt.host+" (DOCKER_HOST)")
	}
	if err := (&unavailable{Endpoint{Host: "unix:///s"}, os.ErrPermission}); !strings.Contains(err.Error(), "group of the socket") {
		t.Errorf("permission: %v", err)
	}
}

func TestSave(t *testing.T) {
	_, c := newFake(t, map[string]func(w http.ResponseWriter, r *http.Request){
		"GET /v1.41/images/get": func(w http.ResponseWriter, r *http.Request) {
			switch names := r.URL.Query()["names"]; names[0] {
			case "broken":
				io.WriteString(w, "half")
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			case "none":
				w.WriteHeader(http.StatusInternalServerError)
				io.WriteString(w, `{"message":"reference does not exist"}`)
			default:
				fmt.Fprint(w, names)
			}
		},
	})
	read := func(names ...string) (string, error) {
		rc, err := c.Save(t.Context(), names...)
		if err != nil {
			return "", err
		}
		defer rc.Close()
		text, err := io.ReadAll(rc)
		return string(text), err
	}
	if got, err := read("a", "b:c"); got != "[a b:c]" || err != nil {
		t.Errorf("Save = %q, %v", got, err)
	}
	if got, err := read("broken"); got != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken: %q, %v", got, err)
	} else {
		checkLine(t, err, c.Endpoint().Host)
	}
	if _, err := read("none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing image: %v", err)
	}
	if _, err := read(); err == nil {
		t.Error("no name: no error")
	}
}

func TestLoad(t *testing.T) {
	for _, tt := range []struct {
		answer  string
		want    string
		wantErr string
	}{
		{`{"stream":"Loaded image: a:b\n"}` + "\n" + `{"stream":"Loaded image ID: sha256:12\n"}`, "[a:b sha256:12]", ""},
		{`{"status":"Loading layer","progressDetail":{"current":1}}{"stream":"Loaded image: a:b\nLoaded image: c:d\n"}`, "[a:b c:d]", ""},
		{``, "[]", ""},
		{`{"stream":"x"}{"errorDetail":{"message":"no space"},"error":"no space\u001b[2J left"}`, "", `load: "no space\x1b[2J left"`},
		{`{"stream":`, "", "unexpected EOF"},
		{`<html>`, "", "invalid character"},
	} {
		var sent string
		_, c := newFake(t, map[string]func(w http.ResponseWriter, r *http.Request){
			"POST /v1.41/images/load": func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				sent = r.Header.Get("Content-Type") + " " + string(body)
				io.WriteString(w, tt.answer)
			},
		})
		got, err := c.Load(t.Context(), strings.NewReader("archive"))
		if sent != "application/x-tar archive" {
			t.Errorf("sent %q", sent)
		}
		if tt.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("Load of %s: error %v, want %q", tt.answer, err, tt.wantErr)
				continue
			}
			checkLine(t, err, c.Endpoint().Host)
			continue
		}
		if err != nil || fmt.Sprint(got) != tt.want {
			t.Errorf("Load of %s = %v, %v; want %s", tt.answer, got, err, tt.want)
		}
	}
}

// An engine that hangs ends with the caller's patience.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, c := newFake(t, map[string]func(w http.ResponseWriter, r *http.Request){
		"GET /v1.41/images/get": func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			cancel()
			<-r.Context().Done()
		},
	})
	rc, err := c.Save(ctx, "x")
	if err == nil {
		_, err = io.ReadAll(rc)
		rc.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// certificate makes a key pair that signs itself and writes it to dir as
// Docker names such files; the authority is the certificate itself.
func certificate(t *testing.T, dir string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test"},
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, filepath.Join(dir, "ca.pem"), cert)
	write(t, filepath.Join(dir, "cert.pem"), cert)
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: template}
}

// An engine by TCP is verified, and shown the client's certificate, with the
// files that DOCKER_CERT_PATH or the context's directory holds.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certs := filepath.Join(dir, "certs")
	pair := certificate(t, certs)
	pool := x509.NewCertPool()
	ca, err := os.ReadFile(filepath.Join(certs, "ca.pem"))
	if err != nil || !pool.AppendCertsFromPEM(ca) {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(&fake{version: "1.41", answers: map[string]func(w http.ResponseWriter, r *http.Request){
		"GET /v1.41/images/x/json": says(`{"Id":"x"}`),
	}})
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that are refused
	s.StartTLS()
	defer s.Close()
	host := "tcp://" + s.Listener.Addr().String()

	tlsDir := addContext(t, dir, "far", docker(host))
	certificate(t, filepath.Join(dir, "strange"))
	addContext(t, dir, "bare", docker(host))
	if err := os.CopyFS(tlsDir, os.DirFS(certs)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		env     map[string]string
		wantErr string
	}{
		{"DOCKER_CERT_PATH", map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs}, ""},
		{"beside the configuration", map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": certs}, ""},
		{"context", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "far"}, ""},
		{"another authority", map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": filepath.Join(dir, "strange")}, "certificate"},
		{"without TLS", map[string]string{"DOCKER_HOST": host}, "HTTP request to an HTTPS server"},
		{"context without TLS", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "bare"}, "HTTP request to an HTTPS server"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := Find(func(name string) string { return tt.env[name] })
			if err != nil {
				t.Fatal(err)
			}
			_, err = newClient(t, e).Inspect(t.Context(), "x", oci.Platform{})
			if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
		})
	}
}
