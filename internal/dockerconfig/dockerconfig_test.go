package dockerconfig

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const password = "pass-w0rd"

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestDir(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"DOCKER_CONFIG": "/c", "HOME": "/h"}, "/c"},
		{map[string]string{"HOME": "/h"}, "/h/.docker"},
		{nil, ""},
	} {
		if got := Dir(func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("Dir in %v = %q, want %q", tt.env, got, tt.want)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for _, empty := range []string{"", dir} {
		f, err := Load(empty)
		if err != nil || f.CurrentContext != "" || len(f.Auths) > 0 {
			t.Errorf("Load(%q) = %+v, %v", empty, f, err)
		}
	}
	write(t, filepath.Join(dir, "config.json"), `{"currentContext":"far"}`, 0o600)
	if f, err := Load(dir); err != nil || f.CurrentContext != "far" {
		t.Errorf("Load = %+v, %v", f, err)
	}
	write(t, filepath.Join(dir, "config.json"), `{"auths":`, 0o600)
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "config.json")) {
		t.Errorf("Load of half a file: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(filepath.Join(dir, "config.json")); err == nil {
		t.Error("Load of a file as a directory: no error")
	}
}

func write(t *testing.T, name, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     map[string]Credential
		wantErr  string
	}{
		{"empty", "", nil, ""},
		{"nothing", "{}", nil, ""},
		{"other keys", `{"psFormat":"table","auths":{}}`, nil, ""},
		{"auth", `{"auths":{"h":{"auth":"` + encode("me:"+password) + `"}}}`,
			map[string]Credential{"h": {Username: "me", Password: password}}, ""},
		{"auth with colons", `{"auths":{"h":{"auth":"` + encode("me:a:b:") + `"}}}`,
			map[string]Credential{"h": {Username: "me", Password: "a:b:"}}, ""},
		{"auth with padding", `{"auths":{"h":{"auth":"` + encode("me:"+password+"\x00\x00") + `"}}}`,
			map[string]Credential{"h": {Username: "me", Password: password}}, ""},
		{"fields", `{"auths":{"h":{"username":"me","password":"` + password + `"}}}`,
			map[string]Credential{"h": {Username: "me", Password: password}}, ""},
		{"tokens", `{"auths":{"h":{"auth":"` + encode("me:") + `","identitytoken":"i","registrytoken":"r"}}}`,
			map[string]Credential{"h": {Username: "me", IdentityToken: "i", RegistryToken: "r"}}, ""},
		{"kept elsewhere", `{"auths":{"h":{}},"credsStore":"desktop"}`, map[string]Credential{"h": {}}, ""},
		{"not JSON", `auths: ` + password, nil, "malformed JSON at byte 1"},
		{"wrong type", `{"auths":{"h":{"auth":["` + password + `"]}}}`, nil, `field "auths.auth": want string`},
		{"not base64", `{"auths":{"h":{"auth":"` + password + `!"}}}`, nil, `auths["h"]: field "auth" is not base64`},
		{"no colon", `{"auths":{"h":{"auth":"` + encode(password) + `"}}}`, nil, `does not hold USER:PASSWORD`},
		{"too long", strings.Repeat(" ", maxSize+1), nil, "longer than"},
		{"deep", strings.Repeat(`{"auths":`, 100_000), nil, "malformed JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(strings.NewReader(tt.in))
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) || strings.Contains(err.Error(), password) {
					t.Errorf("error %v, want %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || !maps.Equal(f.Auths, tt.want) {
				t.Errorf("Parse = %#v, %v", f.Auths, err)
			}
		})
	}
}

// However a credential is printed, nothing of it shows.
func TestCredentialMasked(t *testing.T) {
	c := Credential{Username: "user", Password: password, IdentityToken: "identity", RegistryToken: "registry"}
	text := fmt.Sprintf("%v %+v %#v %s %q %x %d %v", c, c, c, c, c, c, c, &File{Auths: map[string]Credential{"h": c}})
	for _, secret := range []string{"user", password, "identity", "registry", fmt.Sprintf("%x", password)} {
		if strings.Contains(text, secret) {
			t.Errorf("%q shows %q", text, secret)
		}
	}
	if got := (Credential{}).String(); got != "anonymous" {
		t.Errorf("zero Credential prints %q", got)
	}
}

// helper puts the program docker-credential-NAME on PATH.
func helper(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "docker-credential-"+name), "#!/bin/sh\n"+script, 0o700)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestCredential(t *testing.T) {
	helper(t, "echo", `read server; test "$1" = get || exit 3
printf '{"ServerURL":"%s","Username":"from %s","Secret":"`+password+`"}' "$server" "$server"`)
	helper(t, "token", `printf '{"Username":"<token>","Secret":"identity"}'`)
	helper(t, "empty", `echo "credentials not found in native keychain"; exit 1`)
	f := &File{
		Auths: map[string]Credential{
			"plain.test":                  {Username: "plain"},
			"https://old.test/v1/":        {Username: "old"},
			"https://index.docker.io/v1/": {Username: "hub"},
			"http://ported.test:5000":     {Username: "ported"},
		},
		CredHelpers: map[string]string{
			"helped.test":                 "echo",
			"token.test":                  "token",
			"https://index.docker.io/v1/": "empty",
		},
	}
	for _, tt := range []struct {
		store, host string
		want        Credential
	}{
		{"", "plain.test", Credential{Username: "plain"}},
		{"", "plain.test:443", Credential{}},
		{"", "old.test", Credential{Username: "old"}},
		{"", "ported.test:5000", Credential{Username: "ported"}},
		{"", "docker.io", Credential{Username: "hub"}}, // its helper knows nothing
		{"", "none.test", Credential{}},
		{"", "helped.test", Credential{Username: "from helped.test", Password: password}},
		{"", "token.test", Credential{IdentityToken: "identity"}},
		{"echo", "none.test", Credential{Username: "from none.test", Password: password}},
		{"echo", "plain.test", Credential{Username: "from plain.test", Password: password}},
		{"empty", "plain.test", Credential{Username: "plain"}},
		{"empty", "none.test", Credential{}},
	} {
		f.CredsStore = tt.store
		got, err := f.Credential(t.Context(), tt.host)
		if err != nil || got != tt.want {
			t.Errorf("store %q, host %s: got user %q, %v; want user %q", tt.store, tt.host, got.Username, err, tt.want.Username)
		}
	}
}

// Docker's own key for docker.io is what its helpers are asked for.
func TestCredentialHub(t *testing.T) {
	helper(t, "echo", `read server; printf '{"Username":"%s","Secret":"x"}' "$server"`)
	f := &File{CredsStore: "echo"}
	c, err := f.Credential(t.Context(), "docker.io")
	if err != nil || c.Username != "https://index.docker.io/v1/" {
		t.Errorf("asked for %q, %v", c.Username, err)
	}
}

// A helper that fails is named; what it printed isn't: it may be a secret.
func TestHelperFaults(t *testing.T) {
	helper(t, "fails", `echo `+password+`; echo `+password+` >&2; exit 1`)
	helper(t, "chatty", `echo `+password)
	helper(t, "endless", `while :; do echo `+password+`; done`)
	for _, tt := range []struct{ name, wantErr string }{
		{"fails", "docker-credential-fails for h: exit status 1"},
		{"chatty", "its answer is not the JSON of the protocol"},
		{"endless", "docker-credential-endless for h: "},
		{"missing", "executable file not found"},
		{"../evil", "not the name of a program"},
	} {
		f := &File{CredsStore: tt.name}
		c, err := f.Credential(t.Context(), "h")
		if err == nil || !strings.Contains(err.Error(), tt.wantErr) || strings.Contains(err.Error(), password) || !c.IsZero() {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.wantErr)
		}
	}
}

// A helper that hangs ends with the caller's patience, with its children.
func TestHelperHangs(t *testing.T) {
	helper(t, "hangs", `sleep 60`)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := (&File{CredsStore: "hangs"}).Credential(ctx, "h")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 10*time.Second {
		t.Errorf("error %v after %v", err, time.Since(start))
	}
}

// What is read holds for what is written from it, and errors quote no value.
func FuzzParse(f *testing.F) {
	f.Add(`{"auths":{"h":{"auth":"bWU6cGFzcw==","identitytoken":"i"}},"credHelpers":{"a":"b"},"credsStore":"s","currentContext":"c"}`)
	f.Add(`{"auths":{"https://index.docker.io/v1/":{"username":"u","password":"p"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse(strings.NewReader(text))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("Parse(%q): error %q", text, err)
			}
			return
		}
		auths := make(map[string]auth)
		for _, server := range slices.Sorted(maps.Keys(file.Auths)) {
			c := file.Auths[server]
			auths[server] = auth{"", c.Username, c.Password, c.IdentityToken, c.RegistryToken}
		}
		written, err := json.Marshal(map[string]any{
			"auths": auths, "credHelpers": file.CredHelpers, "credsStore": file.CredsStore, "currentContext": file.CurrentContext,
		})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(strings.NewReader(string(written)))
		if err != nil || len(again.Auths) != len(file.Auths) || !maps.Equal(again.CredHelpers, file.CredHelpers) ||
			again.CredsStore != file.CredsStore || again.CurrentContext != file.CurrentContext {
			t.Errorf("Parse(%q) is written %s, which parses to %+v, %v", text, written, again, err)
		}
	})
}
