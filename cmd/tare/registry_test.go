//go:build registry

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	it "devops-go/internal/imagetest"
)

// These tests need a real registry server, docker-registry on PATH or else the
// go command and its module proxy, and skopeo on PATH to push with.

// A registryProcess is a registry on loopback that can be stopped and started
// again with what it has.
type registryProcess struct {
	address, dir, config string
	cmd                  *exec.Cmd
}

// newRegistry configures a registry. With users, a file in htpasswd's format,
// it asks for basic authentication.
func newRegistry(t *testing.T, users string) *registryProcess {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &registryProcess{address: listener.Addr().String(), dir: t.TempDir()}
	listener.Close()
	config := fmt.Sprintf("version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: %q}\n", r.dir, r.address)
	if users != "" {
		file := it.WriteFile(t, "htpasswd", []byte(users))
		config += fmt.Sprintf("auth: {htpasswd: {realm: test, path: %s}}\n", file)
	}
	r.config = it.WriteFile(t, "config.yml", []byte(config))
	t.Cleanup(r.stop)
	return r
}

// start starts the registry and waits until it answers.
func (r *registryProcess) start(t *testing.T) {
	t.Helper()
	args := []string{"docker-registry", "serve", r.config}
	if _, err := exec.LookPath(args[0]); err != nil {
		args = []string{"go", "run", "github.com/distribution/distribution/v3/cmd/registry@v3.0.0", "serve", r.config}
	}
	r.cmd = exec.Command(args[0], args[1:]...)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if response, err := http.Get("http://" + r.address + "/v2/"); err == nil {
			response.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no registry answers at %s", r.address)
		}
	}
}

// stop kills the registry.
func (r *registryProcess) stop() {
	if r.cmd != nil && r.cmd.Process != nil {
		r.cmd.Process.Kill()
		r.cmd.Wait()
	}
}

// registryServer starts a registry and returns its address.
func registryServer(t *testing.T, users string) string {
	t.Helper()
	r := newRegistry(t, users)
	r.start(t)
	return r.address
}

// testUsers is testuser:testpassword, hashed by bcrypt.
const testUsers = "testuser:$2b$05$aaaaaaaaaaaaaaaaaaaaaO0S4pTSqiQT6KVLXExVpNI/ILzYH6wRq\n"

// push copies an archive to the registry by skopeo, which compresses it.
func push(t *testing.T, archive, to string, more ...string) {
	t.Helper()
	args := append([]string{"--insecure-policy", "copy", "-q", "--dest-tls-verify=false"}, more...)
	out, err := exec.Command("skopeo", append(args, archive, to)...).CombinedOutput()
	if err != nil {
		t.Fatalf("skopeo: %v: %s", err, out)
	}
}

// TestRegistry reads what another program pushed.
func TestRegistry(t *testing.T) {
	address := registryServer(t, "")
	dir := gallery(t)
	ref := "docker://" + address + "/team/app:1"
	push(t, "docker-archive:"+dir+"/app.tar", ref)
	for _, tt := range []struct {
		args string
		exit int
		want []string
	}{
		{"weigh " + ref, 0, []string{"layers 4", "size ?", "user 65532:65532"}},
		{"weigh " + strings.TrimPrefix(ref, "docker://") + " --content", 0, []string{"size 2.85 MB", "dead 50.0 kB", "files 6"}},
		{"history " + ref, 0, []string{"ADD file:0123", "total"}},
		{"tree " + ref + " /etc", 0, []string{"os-release"}},
		{"diff " + ref + " app.tar", 0, []string{"0 files"}},
		{"compare " + ref + " base.tar", 0, []string{"shared layers"}},
		{"verify " + ref, 1, []string{"blob 4 0", "diff ID 4 0", "history: 1 of"}},
		{"weigh " + ref + "0", 2, []string{"404 Not Found"}},
		{"weigh --platform linux/arm64 " + ref, 2, []string{"holds no platform linux/arm64"}},
	} {
		cmd := tareCommand(t, dir, strings.Fields(tt.args)...)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != tt.exit {
			t.Errorf("tare %s: exit %d, want %d", tt.args, got, tt.exit)
		}
		words := strings.Join(strings.Fields(string(out)), " ") // whatever the widths of columns
		for _, want := range tt.want {
			if !strings.Contains(words, want) {
				t.Errorf("tare %s: no %q in\n%s", tt.args, want, out)
			}
		}
	}
}

// TestRegistryLogin: credentials are those that docker login kept, and they
// show nowhere.
func TestRegistryLogin(t *testing.T) {
	address := registryServer(t, testUsers)
	dir := gallery(t)
	ref := "docker://" + address + "/app:1"
	push(t, "docker-archive:"+dir+"/app.tar", ref, "--dest-creds", "testuser:testpassword")
	out, err := tareCommand(t, dir, "weigh", ref).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "401") {
		t.Errorf("without credentials: %v, %s", err, out)
	}
	config := fmt.Sprintf(`{"auths":{%q:{"auth":"dGVzdHVzZXI6dGVzdHBhc3N3b3Jk"}}}`, address)
	if err := os.MkdirAll(dir+"/.docker", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/.docker/config.json", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"weigh --content " + ref, "weigh --content --format json " + ref, "weigh " + ref + "0"} {
		out, _ := tareCommand(t, dir, strings.Fields(args)...).CombinedOutput()
		if strings.Contains(string(out), "testpassword") || strings.Contains(string(out), "dGVzd") {
			t.Errorf("tare %s shows the password: %s", args, out)
		}
		if !strings.HasSuffix(args, "0") && !strings.Contains(string(out), "2.85 MB") && !strings.Contains(string(out), "2850016") {
			t.Errorf("tare %s: %s", args, out)
		}
	}
}

// TestSkopeoLayouts reads the layouts that skopeo makes, and finds in them what
// was put in.
func TestSkopeoLayouts(t *testing.T) {
	dir := gallery(t)
	for _, to := range []string{"oci:" + dir + "/copied:a", "oci-archive:" + dir + "/copied.tar:a", "docker-archive:" + dir + "/copied2.tar:app:1"} {
		push(t, "docker-archive:"+dir+"/app.tar", to)
		// skopeo drops Docker's health check from an OCI configuration.
		out, _ := tareCommand(t, dir, "diff", "app.tar", to).CombinedOutput()
		if !strings.Contains(string(out), "0 files: added 0 B, removed 0 B, changed 0 B.") {
			t.Errorf("%s: %s", to, out)
		}
		if out, err := tareCommand(t, dir, "weigh", to).CombinedOutput(); err != nil || !strings.Contains(string(out), "2.85 MB") {
			t.Errorf("%s: %v, %s", to, err, out)
		}
	}
}
