package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// addContext writes a context the way docker context create does, and returns
// the directory of its TLS material.
func addContext(t *testing.T, dir, name, meta string) (tlsDir string) {
	t.Helper()
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	write(t, filepath.Join(dir, "contexts/meta", id, "meta.json"), meta)
	return filepath.Join(dir, "contexts/tls", id, "docker")
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func docker(host string) string {
	return fmt.Sprintf(`{"Name":"x","Metadata":{},"Endpoints":{"docker":{"Host":%q,"SkipTLSVerify":false}}}`, host)
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.json"), `{"currentContext":"current"}`)
	addContext(t, dir, "current", docker("unix:///current.sock"))
	addContext(t, dir, "other", docker("tcp://other:2375"))
	addContext(t, dir, "kubernetes", `{"Name":"kubernetes","Endpoints":{}}`)
	addContext(t, dir, "broken", `{"Name":`)
	addContext(t, dir, "endless", strings.Repeat(" ", maxFile+1))
	bare := t.TempDir()
	malformed := t.TempDir()
	write(t, filepath.Join(malformed, "config.json"), `{`)
	for _, tt := range []struct {
		name    string
		env     map[string]string
		want    string
		wantErr string
	}{
		{"nothing", nil, "unix:///var/run/docker.sock", ""},
		{"no file", map[string]string{"DOCKER_CONFIG": bare}, "unix:///var/run/docker.sock", ""},
		{"current context", map[string]string{"DOCKER_CONFIG": dir}, `unix:///current.sock (context "current")`, ""},
		{"in the home directory", map[string]string{"HOME": bare}, "unix:///var/run/docker.sock", ""},
		{"DOCKER_CONTEXT", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "other"}, `tcp://other:2375 (context "other")`, ""},
		{"the default context", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "default"}, "unix:///var/run/docker.sock", ""},
		{"DOCKER_HOST before all", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "other", "DOCKER_HOST": "tcp://h:1"}, "tcp://h:1 (DOCKER_HOST)", ""},
		{"a context larger than any", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "endless"}, "", "meta.json: larger than 1048576 bytes"},
		{"a context without an engine", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "kubernetes"}, `unix:///var/run/docker.sock (context "kubernetes")`, ""},
		{"no such context", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "none"}, "", `docker engine: DOCKER_CONTEXT "none": there is no such context`},
		{"broken context", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "broken"}, "", "meta.json: unexpected end of JSON input"},
		{"broken configuration", map[string]string{"DOCKER_CONFIG": malformed}, "", "malformed JSON"},
		{"TLS without its directory", map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": filepath.Join(dir, "config.json")}, "", "not a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := Find(func(name string) string { return tt.env[name] })
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("error %v, want %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || e.String() != tt.want || e.TLS != nil {
				t.Errorf("Find = %v, %v; want %s", e, err, tt.want)
			}
		})
	}
}

func TestDialTarget(t *testing.T) {
	for _, tt := range []struct{ host, want, wantErr string }{
		{"unix:///run/x.sock", "unix /run/x.sock http", ""},
		{"unix://", "unix /var/run/docker.sock http", ""},
		{"tcp://h:99", "tcp h:99 http", ""},
		{"tcp://h", "tcp h:2375 http", ""},
		{"tcp://[::1]", "tcp [::1]:2375 http", ""},
		{"tcp://h/", "tcp h:2375 http", ""},
		{"h:99", "tcp h:99 http", ""},
		{"http://h:99", "tcp h:99 http", ""},
		{"https://h", "tcp h:2376 https", ""},
		{"ssh://me@h", "", "ssh -L"},
		{"npipe:////./pipe/docker_engine", "", "Windows"},
		{"fd://", "", `unknown scheme "fd"`},
		{"tcp://", "", "want HOST:PORT"},
		{"tcp://h:x", "", "want HOST:PORT"},
		{"tcp://me:secret@h", "", "want HOST:PORT"},
		{"tcp://h/path", "", "want HOST:PORT"},
	} {
		network, address, scheme, err := Endpoint{Host: tt.host}.dialTarget()
		if tt.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("%s: error %v, want %q", tt.host, err, tt.wantErr)
			}
			if _, err := New(Endpoint{Host: tt.host}); err == nil {
				t.Errorf("New(%s): no error", tt.host)
			}
			continue
		}
		if got := network + " " + address + " " + scheme; err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.host, got, err, tt.want)
		}
	}
}
