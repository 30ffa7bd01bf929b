package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"devops-go/internal/dockerconfig"
	"devops-go/internal/oci"
	"devops-go/internal/registrytest"
)

// The secrets that no error, log or URL of these tests may show.
const (
	password      = "pass-w0rd"
	identityToken = "identity-t0ken"
	registryToken = "registry-t0ken"
	accessToken   = "access-t0ken"
)

func credentials(c dockerconfig.Credential) func(context.Context, string) (dockerconfig.Credential, error) {
	return func(context.Context, string) (dockerconfig.Credential, error) { return c, nil }
}

// A tokenService hands out tokens, numbered, and remembers what it was asked.
type tokenService struct {
	server *httptest.Server
	mu     sync.Mutex
	asked  []string
	issued int
	answer func(n int) (status int, body string)
}

func newTokenService(t *testing.T) *tokenService {
	s := &tokenService{answer: func(n int) (int, string) {
		return 200, fmt.Sprintf(`{"token":"%s-%d","expires_in":300}`, accessToken, n)
	}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func (s *tokenService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, pass, _ := r.BasicAuth()
	r.ParseForm()
	s.asked = append(s.asked, fmt.Sprintf("%s %s:%s %s", r.Method, user, pass, r.Form.Encode()))
	s.issued++
	status, body := s.answer(s.issued)
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// bearer makes f demand a token of s for the requests that guarded picks; it
// accepts the tokens that good picks.
func (f *fake) bearer(s *tokenService, guarded func(r *http.Request) bool, good func(token string) bool) {
	f.realms = append(f.realms, strings.TrimPrefix(s.server.URL, "http://"))
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if !guarded(r) || good(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
			return false
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="registry.test",scope="repository:app:pull"`, s.server.URL))
		registrytest.Refuse(w, 401, "UNAUTHORIZED", "sent: "+r.Header.Get("Authorization"))
		return true
	}
}

func anyToken(token string) bool     { return strings.HasPrefix(token, accessToken) }
func inV2(r *http.Request) bool      { return r.URL.Path != "/v2/" }
func writes(r *http.Request) bool    { return r.Method == "PATCH" || r.Method == "PUT" }
func starts(r *http.Request) bool    { return r.Method == "POST" }
func completes(r *http.Request) bool { return r.Method == "PUT" }

func TestBearer(t *testing.T) {
	for _, tt := range []struct {
		name string
		cred dockerconfig.Credential
		want string // what the service is asked, once
	}{
		{"anonymous", dockerconfig.Credential{}, "GET : scope=repository%3Aapp%3Apull&service=registry.test"},
		{"password", dockerconfig.Credential{Username: "me", Password: password},
			"GET me:" + password + " account=me&scope=repository%3Aapp%3Apull&service=registry.test"},
		{"identity token", dockerconfig.Credential{IdentityToken: identityToken},
			"POST : client_id=tare&grant_type=refresh_token&refresh_token=" + identityToken + "&scope=repository%3Aapp%3Apull&service=registry.test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, s := newFake(t), newTokenService(t)
			f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
			f.bearer(s, inV2, anyToken)
			c, _ := f.client(Options{Credentials: credentials(tt.cred)})
			for range 3 {
				if _, err := c.Manifest(t.Context(), f.ref("app")); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(s.asked, []string{tt.want}) {
				t.Errorf("token service was asked\n%q, want\n%q", s.asked, tt.want)
			}
		})
	}
}

// A registry token is sent as it is; a registry may call its tokens access_token.
func TestBearerOtherForms(t *testing.T) {
	f, s := newFake(t), newTokenService(t)
	f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	f.bearer(s, inV2, func(token string) bool { return token == registryToken })
	c, _ := f.client(Options{Credentials: credentials(dockerconfig.Credential{RegistryToken: registryToken})})
	if _, err := c.Manifest(t.Context(), f.ref("app")); err != nil || len(s.asked) > 0 {
		t.Errorf("registry token: %v, service asked %q", err, s.asked)
	}

	s.answer = func(int) (int, string) { return 200, fmt.Sprintf(`{"access_token":%q}`, accessToken) }
	f.bearer(s, inV2, anyToken)
	c, _ = f.client(Options{})
	if _, err := c.Manifest(t.Context(), f.ref("app")); err != nil {
		t.Errorf("access_token: %v", err)
	}
}

// A token that ran out by the clock is not sent; one that the registry takes
// for run out is replaced.
func TestBearerExpiry(t *testing.T) {
	f, s := newFake(t), newTokenService(t)
	f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	good := accessToken + "-1"
	f.bearer(s, inV2, func(token string) bool { return token == good })
	now := time.Now()
	c, _ := f.client(Options{Now: func() time.Time { return now }})
	pull := func(wantRequests, wantTokens int) {
		t.Helper()
		before := len(f.Requests())
		if _, err := c.Manifest(t.Context(), f.ref("app")); err != nil {
			t.Fatal(err)
		}
		if got := len(f.Requests()) - before; got != wantRequests || s.issued != wantTokens {
			t.Errorf("%d requests with %d tokens, want %d with %d", got, s.issued, wantRequests, wantTokens)
		}
	}
	pull(2, 1)
	pull(1, 1)
	now, good = now.Add(295*time.Second), accessToken+"-2"
	pull(1, 2) // within the margin
	good = accessToken + "-3"
	pull(2, 3) // revoked
}

// Many goroutines that need the same token ask for it once.
func TestBearerTogether(t *testing.T) {
	f, s := newFake(t), newTokenService(t)
	f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	f.bearer(s, inV2, anyToken)
	c, _ := f.client(Options{})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := c.Manifest(t.Context(), f.ref("app")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s.issued != 1 {
		t.Errorf("%d tokens issued", s.issued)
	}
}

// Authentication may be asked for at any request of a push, as late as the one
// that completes it.
func TestAuthLate(t *testing.T) {
	for name, guarded := range map[string]func(*http.Request) bool{
		"always": inV2, "POST": starts, "PATCH and PUT": writes, "PUT": completes,
	} {
		for _, size := range []int{10, 2 << 20} {
			t.Run(fmt.Sprintf("%s, %d bytes", name, size), func(t *testing.T) {
				f, s := newFake(t), newTokenService(t)
				f.bearer(s, guarded, anyToken)
				c, naps := f.client(Options{})
				b := blobOf(pattern(size))
				if _, err := c.PushBlob(t.Context(), f.ref("app"), b); err != nil {
					t.Fatal(err)
				}
				if _, ok := f.Blob("app", b.Digest); !ok || len(naps.all) > 0 {
					t.Errorf("stored: %v, after %d retries", ok, len(naps.all))
				}
				want := "repository%3Aapp%3Apull%2Cpush"
				if len(s.asked) != 1 || !strings.Contains(s.asked[0], want) {
					t.Errorf("token service was asked %q, want scope %s", s.asked, want)
				}
			})
		}
	}
}

func (f *fake) basic(user, pass string) {
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if u, p, _ := r.BasicAuth(); u == user && p == pass {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="Registry Realm"`)
		registrytest.Refuse(w, 401, "UNAUTHORIZED", "authentication required, not "+r.Header.Get("Authorization"))
		return true
	}
}

func TestBasic(t *testing.T) {
	for _, tt := range []struct {
		name    string
		cred    dockerconfig.Credential
		wantErr string
	}{
		{"right", dockerconfig.Credential{Username: "me", Password: password}, ""},
		{"wrong", dockerconfig.Credential{Username: "me", Password: "wr0ng"}, "were not accepted"},
		{"none", dockerconfig.Credential{}, "see docker login"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
			f.basic("me", password)
			c, naps := f.client(Options{Credentials: credentials(tt.cred)})
			_, err := c.Manifest(t.Context(), f.ref("app"))
			pinged := c.Ping(t.Context(), f.Host())
			if tt.wantErr == "" {
				if err != nil || pinged != nil {
					t.Errorf("%v, %v", err, pinged)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) || len(naps.all) > 0 {
				t.Fatalf("error %v after %d retries, want %q", err, len(naps.all), tt.wantErr)
			}
			if !errors.Is(err, ErrUnauthorized) || !errors.Is(pinged, ErrUnauthorized) {
				t.Errorf("not ErrUnauthorized: %v, %v", err, pinged)
			}
			checkLine(t, err, f.Host())
			checkSecret(t, err, "wr0ng", "bWU6d3IwbmM")
		})
	}
}

func checkSecret(t *testing.T, err error, secrets ...string) {
	t.Helper()
	for _, secret := range append(secrets, password, identityToken, registryToken, accessToken) {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error shows %q: %v", secret, err)
		}
	}
}

// Every failure of authentication is one line without a secret.
func TestAuthFaults(t *testing.T) {
	cred := dockerconfig.Credential{Username: "me", Password: password}
	for _, tt := range []struct {
		name      string
		challenge string // TOKEN stands for the service's URL
		cred      dockerconfig.Credential
		answer    func(n int) (int, string)
		wantErr   string
	}{
		{"no challenge", "", cred, nil, "neither Basic nor Bearer"},
		{"other scheme", "Negotiate abc", cred, nil, "neither Basic nor Bearer"},
		{"no realm", `Bearer service="x"`, cred, nil, `leads to scheme ""`},
		{"realm is a file", `Bearer realm="file:///etc/passwd"`, cred, nil, `leads to scheme "file"`},
		{"realm is in the clear", `Bearer realm="http://plain.test/token"`, cred, nil, "leads to plain http://plain.test"},
		{"realm is nonsense", "Bearer realm=\"http://[::1\"", cred, nil, "is not a URL"},
		{"token refused", `Bearer realm="TOKEN"`, cred, func(int) (int, string) {
			return 401, `{"details":"wrong ` + password + `"}`
		}, "token service: registry 127.0.0.1"},
		{"token is never good", `Bearer realm="TOKEN"`, cred, nil, "401 Unauthorized: UNAUTHORIZED"},
		{"oauth error", `Bearer realm="TOKEN"`, dockerconfig.Credential{IdentityToken: identityToken}, func(int) (int, string) {
			return 400, `{"error":"invalid_grant","error_description":"` + identityToken + ` is bad"}`
		}, "invalid_grant: *** is bad"},
		{"not JSON", `Bearer realm="TOKEN"`, cred, func(int) (int, string) { return 200, "<html>" }, "not the JSON of a token"},
		{"no token", `Bearer realm="TOKEN"`, cred, func(int) (int, string) { return 200, "{}" }, "holds no token"},
		{"token with a newline", `Bearer realm="TOKEN"`, cred, func(int) (int, string) {
			return 200, `{"token":"a\r\nX-Evil: 1"}`
		}, "holds no token"},
		{"503 for ever", `Bearer realm="TOKEN"`, cred, func(int) (int, string) { return 503, "" }, "503 Service Unavailable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, s := newFake(t), newTokenService(t)
			if tt.answer != nil {
				s.answer = tt.answer
			}
			f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header().Set("WWW-Authenticate", strings.ReplaceAll(tt.challenge, "TOKEN", s.server.URL))
				registrytest.Refuse(w, 401, "UNAUTHORIZED", "not with "+r.Header.Get("Authorization"))
				return true
			}
			c, _ := f.client(Options{
				Credentials: credentials(tt.cred),
				AuthRealms:  []string{strings.TrimPrefix(s.server.URL, "http://")},
			})
			_, err := c.Manifest(t.Context(), f.ref("app"))
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Fatalf("error %v, want %q", err, tt.wantErr)
			}
			if s.issued > maxAttempts {
				t.Errorf("token service asked %d times", s.issued)
			}
			checkLine(t, err, f.Host())
			checkSecret(t, err)
		})
	}
}

// A helper's failure is reported as such.
func TestAuthHelperFails(t *testing.T) {
	f := newFake(t)
	f.basic("me", password)
	c, _ := f.client(Options{Credentials: func(context.Context, string) (dockerconfig.Credential, error) {
		return dockerconfig.Credential{}, errors.New("credential helper docker-credential-x: exit status 1")
	}})
	_, err := c.Manifest(t.Context(), f.ref("app"))
	if err == nil || !strings.Contains(err.Error(), "docker-credential-x: exit status 1") {
		t.Error(err)
	}
}

// Credentials stay with the host they are for, wherever it redirects to; they
// also don't follow to another port or over another scheme.
func TestRedirectCredentials(t *testing.T) {
	content := pattern(1000)
	var seen []http.Header
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Clone())
		w.Write(content)
	}))
	defer other.Close()
	f := newFake(t)
	d := f.AddBlob("app", content)
	f.basic("me", password)
	guard := f.Fault
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if guard(w, r, n) {
			return true
		}
		if strings.Contains(r.URL.Path, "/blobs/") {
			http.Redirect(w, r, other.URL+"/store?signature=abc", http.StatusTemporaryRedirect)
			return true
		}
		return false
	}
	c, _ := f.client(Options{Credentials: credentials(dockerconfig.Credential{Username: "me", Password: password})})
	rc, err := c.Blob(t.Context(), f.ref("app"), d, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if _, err := io.Copy(io.Discard, rc); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || seen[0].Get("Authorization") != "" || seen[0].Get("Referer") != "" {
		t.Errorf("the other host was sent %v", seen)
	}
}

// A token service can't pass an identity token on to another host.
func TestTokenRedirect(t *testing.T) {
	other := newTokenService(t)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.server.URL, http.StatusTemporaryRedirect)
	}))
	defer service.Close()
	f := newFake(t)
	f.bearer(&tokenService{server: service}, inV2, anyToken)
	c, _ := f.client(Options{Credentials: credentials(dockerconfig.Credential{IdentityToken: identityToken})})
	_, err := c.Manifest(t.Context(), f.ref("app"))
	if err == nil || !strings.Contains(err.Error(), "the token service redirects to 127.0.0.1") || len(other.asked) > 0 {
		t.Errorf("error %v, the other service was asked %q", err, other.asked)
	}
}

func TestParseChallenges(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string // as JSON
	}{
		{``, `null`},
		{`Basic realm="a b"`, `[["basic",{"realm":"a b"}]]`},
		{`Bearer realm="https://auth.test/token",service="x",scope="repository:a:pull,push"`,
			`[["bearer",{"realm":"https://auth.test/token","scope":"repository:a:pull,push","service":"x"}]]`},
		{`bearer REALM = "a\"b\\" , service=x`, `[["bearer",{"realm":"a\"b\\","service":"x"}]]`},
		{`Basic realm=x, Bearer realm=https://y/z?q=1`, `[["basic",{"realm":"x"}],["bearer",{"realm":"https://y/z?q=1"}]]`},
		{`Negotiate, Basic realm=x`, `[["negotiate",{}],["basic",{"realm":"x"}]]`},
		{`Bearer realm="x",realm="y"`, `[["bearer",{"realm":"x"}]]`},
		{`Bearer realm="unfinished`, `[["bearer",{}]]`},
		{`Bearer realm="x\`, `[["bearer",{}]]`},
		{`realm="x"`, `null`},
		{`"`, `null`},
	} {
		var got [][]any
		for _, c := range parseChallenges([]string{tt.in}) {
			got = append(got, []any{c.scheme, c.params})
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != tt.want {
			t.Errorf("parseChallenges(%q) = %s, want %s", tt.in, text, tt.want)
		}
	}
}

// A challenge written again parses to the same.
func FuzzParseChallenges(f *testing.F) {
	f.Add(`Bearer realm="https://auth.test/token",service=x, Basic realm="a\"b"`)
	f.Add(`Negotiate, Basic realm=x`)
	f.Fuzz(func(t *testing.T, line string) {
		for _, c := range parseChallenges([]string{line}) {
			written := c.scheme
			var pairs []string
			for name, value := range c.params {
				pairs = append(pairs, name+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)+`"`)
			}
			written += " " + strings.Join(pairs, ",")
			again := parseChallenges([]string{written})
			if len(again) != 1 || again[0].scheme != c.scheme || fmt.Sprint(again[0].params) != fmt.Sprint(c.params) {
				t.Errorf("%q: %v is written %q, which parses to %v", line, c, written, again)
			}
		}
	})
}
