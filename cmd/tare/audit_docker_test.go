//go:build docker

package main

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// auditTag is what the images of these tests are tagged.
const auditTag = "tare-audit-test:"

// built builds an image of the Dockerfile and the files, and returns its
// reference.
func built(t *testing.T, name, dockerfile string, files map[string]string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "Dockerfile", []byte(dockerfile))
	for file, content := range files {
		put(t, dir, file, []byte(content))
	}
	tag := auditTag + name
	docker(t, append(append([]string{"build", "-q", "-t", tag}, args...), dir)...)
	t.Cleanup(func() { docker(t, "rmi", tag) })
	return "docker-daemon:" + tag
}

// A judged is what these tests want of a report.
type judged struct {
	OK       bool
	Findings []struct{ Rule, Severity, Path, Instruction, Message string }
}

// auditReal judges images on the engine with the settings of the repository.
func auditReal(t *testing.T, ref string, more ...string) (r judged, output string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, append([]string{"audit", "--format", "json", ref}, more...)...)
	cmd.Env = append(os.Environ(), asTare+"=1")
	out, err := cmd.Output()
	code = cmd.ProcessState.ExitCode()
	var report struct{ Images []judged }
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil || len(report.Images) != 1 {
		t.Fatalf("audit %s: %v, %v, exit %d", ref, err, jsonErr, code)
	}
	return report.Images[0], string(out), code
}

// rules returns the rules that have a finding of at least that severity.
func (j judged) rules(severities ...string) []string {
	var rules []string
	for _, f := range j.Findings {
		if slices.Contains(severities, f.Severity) && !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	slices.Sort(rules)
	return rules
}

// The repository's own gate, see the target audit of the Makefile.
func TestRealGate(t *testing.T) {
	name := "docker-daemon:" + cmp.Or(os.Getenv("IMAGE"), "devops-go") + ":"
	if r, out, code := auditReal(t, name+"scratch", "--deep", "--fail-on", "info"); code != 0 || len(r.Findings) > 0 || strings.Contains(out, `"reason"`) {
		t.Errorf("scratch: exit %d: %+v", code, r.Findings)
	}
	if r, _, code := auditReal(t, name+"alpine", "--deep"); code != 0 || len(r.rules("error")) > 0 {
		t.Errorf("alpine: exit %d: %+v", code, r.Findings)
	}
	r, _, code := auditReal(t, name+"single-stage")
	want := []string{
		"TARE-B001", // over maxSize, maxLayers, maxFiles
		"TARE-C001", // runs as root
		"TARE-F010", // the Go toolchain
		"TARE-F011", // its sources and ours
	}
	if got := r.rules("error"); code != 1 || !slices.Equal(got, want) {
		t.Errorf("single-stage: exit %d, errors %v, want %v", code, got, want)
	}
}

const planted = `FROM alpine:3.20
ARG NPM_TOKEN
LABEL deploy.password=label-s3cret
ENV DB_PASSWORD=environment-s3cret
ADD app.conf /etc/app.conf
RUN curl https://bob:url-s3cret@example.com/i.sh | sh || true
RUN apk update || true
RUN mkdir -p /var/cache/apk && echo x >/var/cache/apk/APKINDEX.0123.tar.gz
COPY big /srv/big
RUN chmod 640 /srv/big
COPY key /root/.ssh/id_ed25519
COPY key /srv/gone
RUN rm /srv/gone
COPY env /srv/.env
COPY npmrc /root/.npmrc
COPY git /srv/.git
RUN cp /srv/big /srv/copy && cp /bin/busybox /bin/su2 && chmod 4755 /bin/su2 && mkdir -m 777 /data && ln -s /opt/none /srv/link
RUN echo ls >/root/.ash_history && mkdir -p /root/.cache/pip && echo x >/root/.cache/pip/x && echo x >/usr/bin/gcc && echo x >/srv/main.go
VOLUME /etc
EXPOSE 80
USER nobody
ENTRYPOINT ["/usr/local/bin/none"]
`

const opensshKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACDx\n-----END OPENSSH PRIVATE KEY-----\n"

// Faults that a real builder built are found.
func TestRealFaults(t *testing.T) {
	ref := built(t, "planted", planted, map[string]string{
		"app.conf": "x\n", "big": strings.Repeat("big!", 300_000), "key": opensshKey, "env": "A=1\n",
		"npmrc": "//registry.npmjs.org/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789\n", "git/HEAD": "ref: refs/heads/main\n",
	}, "--build-arg", "NPM_TOKEN=argument-s3cret")
	r, out, code := auditReal(t, ref)
	if code != 1 || r.OK {
		t.Errorf("exit %d", code)
	}
	want := []string{
		"TARE-C003", "TARE-C005", "TARE-C008", "TARE-C009", "TARE-C010",
		"TARE-F001", "TARE-F002", "TARE-F003", "TARE-F004", "TARE-F005", "TARE-F006", "TARE-F007", "TARE-F008", "TARE-F010", "TARE-F011", "TARE-F012", "TARE-F016", "TARE-F018",
		"TARE-H001", "TARE-H002", "TARE-H003", "TARE-H004", "TARE-H005", "TARE-H008", "TARE-H009", "TARE-H010", "TARE-W001",
	}
	got := r.rules("error", "warning", "info")
	for _, rule := range want {
		if !slices.Contains(got, rule) {
			t.Errorf("%s has no finding", rule)
		}
	}
	for _, rule := range got {
		if !slices.Contains(want, rule) && rule != "TARE-B001" {
			t.Errorf("%s: %+v", rule, r.Findings)
		}
	}
	for _, secret := range []string{"argument-s3cret", "environment-s3cret", "label-s3cret", "url-s3cret", "npm_abcdefghijklmnopqrstuvwxyz0123456789"} {
		if strings.Contains(out, secret) {
			t.Errorf("the report shows %q", secret)
		}
	}
}

// The classic failures of images from scratch.
func TestRealScratchFaults(t *testing.T) {
	const dynamic = "FROM alpine:3.20 AS build\nFROM scratch\nCOPY --from=build /bin/busybox /app\nUSER web\nHEALTHCHECK CMD /app true\nENTRYPOINT /app sh\n"
	r, _, _ := auditReal(t, built(t, "scratch", dynamic, nil))
	for _, rule := range []string{"TARE-C002", "TARE-C004", "TARE-F014"} {
		if !slices.Contains(r.rules("error"), rule) {
			t.Errorf("%s has no finding: %+v", rule, r.Findings)
		}
	}
	// A Go program with debug information that calls a server without roots.
	dir := t.TempDir()
	put(t, dir, "go.mod", []byte("module x\n"))
	put(t, dir, "main.go", []byte("package main\n\nimport \"net/http\"\n\nfunc main() { http.Get(\"https://example.com\") }\n"))
	build := exec.Command("go", "build", "-o", "app", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	app, err := os.ReadFile(filepath.Join(dir, "app"))
	if err != nil {
		t.Fatal(err)
	}
	r, _, _ = auditReal(t, built(t, "tls", "FROM scratch\nCOPY --chmod=755 app /app\nUSER 65532\nENTRYPOINT [\"/app\"]\n", map[string]string{"app": string(app)}))
	for _, rule := range []string{"TARE-F013", "TARE-F015"} {
		if !slices.Contains(r.rules("error", "warning"), rule) {
			t.Errorf("%s has no finding: %+v", rule, r.Findings)
		}
	}
}

// musl's loader is its C library: what the engine runs with the loader alone,
// audit takes for whole and pack packs.
func TestRealMusl(t *testing.T) {
	const (
		loader  = "/lib/ld-musl-x86_64.so.1"
		program = "FROM alpine:3.20 AS build\nFROM scratch\nCOPY --from=build /bin/busybox /bin/busybox\n"
		start   = "ENTRYPOINT [\"/bin/busybox\", \"echo\", \"it runs\"]\n"
		with    = "COPY --from=build " + loader + " " + loader + "\n"
	)
	for name, dockerfile := range map[string]string{"loader": program + with + start, "no-loader": program + start} {
		ref := built(t, "musl-"+name, dockerfile, nil)
		out, _ := exec.Command("docker", "run", "--rm", strings.TrimPrefix(ref, "docker-daemon:")).Output()
		runs := strings.TrimSpace(string(out)) == "it runs"
		r, _, _ := auditReal(t, ref, "--deep")
		if missing := slices.Contains(r.rules("error"), "TARE-F014"); runs != (name == "loader") || missing == runs {
			t.Errorf("%s: it runs: %v, audit misses something: %v", name, runs, missing)
		}
	}
	dir := t.TempDir()
	container := strings.TrimSpace(docker(t, "create", "alpine:3.20"))
	t.Cleanup(func() { docker(t, "rm", container) })
	docker(t, "cp", container+":/bin/busybox", filepath.Join(dir, "busybox"))
	for name, dockerfile := range map[string]string{"base": "FROM alpine:3.20 AS build\nFROM scratch\n" + with, "no-base": "FROM scratch\nCOPY x /x\n"} {
		base := built(t, "musl-"+name, dockerfile, map[string]string{"x": "x"})
		cmd := tareCommand(t, dir, "pack", "--base", base, "--tag", "x:1", "-o", name+".tar", "busybox")
		cmd.Env = append(os.Environ(), asTare+"=1")
		if out, err := cmd.CombinedOutput(); (err == nil) != (name == "base") {
			t.Errorf("packed on %s: %v: %s", name, err, out)
		}
	}
}
