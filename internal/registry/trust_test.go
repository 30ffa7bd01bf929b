package registry

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"devops-go/internal/dockerconfig"
	"devops-go/internal/oci"
)

// TestRealms: credentials go to the registry's own host, to the one that it
// documents, and where the user says.
func TestRealms(t *testing.T) {
	for _, tt := range []struct {
		registry, realm string
		named           string // by the user
		want            bool
	}{
		{"docker.io", "https://auth.docker.io/token", "", true},
		{"docker.io", "https://AUTH.docker.io/token", "", true},
		{"docker.io", "http://auth.docker.io/token", "", false},
		{"docker.io", "https://auth.docker.io.evil.test/token", "", false},
		{"docker.io", "https://auth.docker.io:444/token", "", false},
		{"docker.io", "https://auth.docker.io@evil.test/token", "", false},
		{"evil.test", "https://auth.docker.io/token", "", false},
		{"registry.gitlab.com", "https://gitlab.com/jwt/auth", "", true},
		{"r.test", "https://r.test/auth/token", "", true},
		{"r.test:5000", "https://r.test:5000/auth", "", true},
		{"r.test:5000", "https://r.test/auth", "", false},
		{"r.test", "https://auth.r.test/token", "", false},
		{"r.test", "https://auth.r.test/token", "other.test", false},
		{"r.test", "https://auth.r.test/token", "auth.r.test", true},
		{"r.test", "https://auth.r.test:8443/token", "auth.r.test", false},
	} {
		c := New(Options{AuthRealms: strings.Fields(tt.named)})
		realm, err := url.Parse(tt.realm)
		if err != nil {
			t.Fatal(err)
		}
		h := c.host(tt.registry)
		a := c.account(h, &url.URL{Scheme: "https", Host: h.addr})
		if got := a.trusts(realm); got != tt.want {
			t.Errorf("%s, realm %s, named %q: trusted %v, want %v", tt.registry, tt.realm, tt.named, got, tt.want)
		}
	}
}

// A token service elsewhere is asked for what anybody gets, but is not told
// the credentials.
func TestRealmElsewhere(t *testing.T) {
	for _, cred := range []dockerconfig.Credential{{}, {Username: "me", Password: password}, {IdentityToken: identityToken}} {
		f, s := newFake(t), newTokenService(t)
		f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
		f.bearer(s, inV2, anyToken)
		c, _ := f.client(Options{Credentials: credentials(cred), AuthRealms: []string{"somewhere.test"}})
		_, err := c.Manifest(t.Context(), f.ref("app"))
		if cred == (dockerconfig.Credential{}) {
			if err != nil || len(s.asked) != 1 {
				t.Errorf("anonymous: %v, the service was asked %q", err, s.asked)
			}
			continue
		}
		no, ok := errors.AsType[*RealmError](err)
		if !ok || no.Realm != strings.TrimPrefix(s.server.URL, "http://") || no.Registry != f.Host() || len(s.asked) > 0 {
			t.Errorf("error %v, the service was asked %q", err, s.asked)
		}
		checkLine(t, err, f.Host())
	}
}

// An upload stays in the registry's own API. Where the user lets it leave, it
// goes without credentials.
func TestUploadLeaves(t *testing.T) {
	const (
		post     = http.MethodPost
		patch    = http.MethodPatch
		put      = http.MethodPut
		location = http.StatusAccepted
		redirect = http.StatusTemporaryRedirect
	)
	for _, tt := range []struct {
		name   string
		method string // whose answer leads away
		status int
		to     string // ELSEWHERE stands for the other host's URL
		size   int
		named  bool
		want   string // of the error
	}{
		{"location on another host", post, location, "ELSEWHERE/v2/app/blobs/uploads/there", 10, false, "the upload leads to 127.0.0.1"},
		{"location of the next chunk", patch, location, "ELSEWHERE/v2/app/blobs/uploads/there", 2 << 20, false, "the upload leads to 127.0.0.1"},
		{"location outside of the API", post, location, "/admin/delete-all", 10, false, "/admin/delete-all, which is not in"},
		{"location that climbs out", post, location, "/v2/../admin", 10, false, "which is not in"},
		{"location that climbs out, encoded", post, location, "/v2/%2e%2e/admin", 10, false, "which is not in"},
		{"redirect of a chunk", patch, redirect, "ELSEWHERE/v2/app/blobs/uploads/there", 2 << 20, false, "the upload leads to 127.0.0.1"},
		{"redirect of the whole", put, redirect, "ELSEWHERE/v2/app/blobs/uploads/there", 10, false, "the upload leads to 127.0.0.1"},
		{"host that the user named", post, location, "ELSEWHERE/v2/app/blobs/uploads/there", 2 << 20, true, ""},
		{"host that asks for credentials", post, location, "ELSEWHERE/v2/app/blobs/uploads/asks", 10, true, "401 Unauthorized"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			elsewhere := newFake(t)
			elsewhere.SetUpload("there", func([]byte) []byte { return nil })
			var sent []string
			elsewhere.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
				sent = append(sent, r.Header.Get("Authorization"))
				if strings.HasSuffix(r.URL.Path, "/asks") {
					w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
					w.WriteHeader(http.StatusUnauthorized)
					return true
				}
				return false
			}
			f := newFake(t)
			f.basic("me", password)
			guard := f.Fault
			f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
				if guard(w, r, n) {
					return true
				}
				if r.Method != tt.method || strings.HasPrefix(r.URL.Path, "/admin") {
					return false
				}
				w.Header().Set("Location", strings.Replace(tt.to, "ELSEWHERE", elsewhere.HTTP.URL, 1))
				w.WriteHeader(tt.status)
				return true
			}
			o := Options{Credentials: credentials(dockerconfig.Credential{Username: "me", Password: password})}
			if tt.named {
				o.UploadHosts = []string{elsewhere.Host()}
			}
			c, _ := f.client(o)
			b := blobOf(pattern(tt.size))
			_, err := c.PushBlob(t.Context(), f.ref("app"), b)
			if strings.Join(sent, "") != "" {
				t.Errorf("the other host was sent %q", sent)
			}
			if tt.want == "" {
				if _, ok := elsewhere.Blob("app", b.Digest); err != nil || !ok || len(sent) != 2 {
					t.Errorf("%v; stored: %v, %d requests", err, ok, len(sent))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			if _, ok := errors.AsType[*UploadError](err); ok == tt.named || !tt.named && len(sent) > 0 {
				t.Errorf("error %v; the other host was asked %d times", err, len(sent))
			}
			for _, request := range f.Requests() {
				if strings.Contains(request, "/admin") {
					t.Errorf("request %s", request)
				}
			}
		})
	}
}

// The path that a registry documents for its uploads is its own, on its host.
func TestUploadPaths(t *testing.T) {
	c := New(Options{})
	for to, want := range map[string]bool{
		"https://us-docker.pkg.dev/artifacts-uploads/namespaces/p/repositories/r/uploads/x": true,
		"https://us-docker.pkg.dev/artifacts-uploads/../admin":                              false,
		"https://eu-docker.pkg.dev/artifacts-uploads/x":                                     false,
		"https://us-docker.pkg.dev/v2/p/r/app/blobs/uploads/x":                              true,
		"http://us-docker.pkg.dev/v2/p/r/app/blobs/uploads/x":                               false,
		"https://us-docker.pkg.dev/v2":                                                      false,
	} {
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.checkUpload(&url.URL{Scheme: "https", Host: "us-docker.pkg.dev"}, u); (err == nil) != want {
			t.Errorf("%s: %v", to, err)
		}
	}
}
