//go:build docker

package audit

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// privilegesSource is a program that prints the user, the group and the effective
// capabilities that it has, of each program that RUN lists.
const privilegesSource = `package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if run := os.Getenv("RUN"); run != "" {
		for _, name := range strings.Fields(run) {
			cmd := exec.Command(name)
			cmd.Env = []string{"RUN="}
			out, err := cmd.CombinedOutput()
			fmt.Println(name, strings.TrimSpace(string(out)), err)
		}
		return
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, capabilities, _ := strings.Cut(string(status), "CapEff:\t")
	capabilities, _, _ = strings.Cut(capabilities, "\n")
	fmt.Println(os.Geteuid(), os.Getegid(), capabilities)
}
`

// TestDockerPrivileges asks the engine what programs may do that user 5 starts:
// audit has a finding for those that may more than the user, and for no others.
func TestDockerPrivileges(t *testing.T) {
	program := builtProgram(t, "privileges", privilegesSource)
	file := func(mode int64) it.Entry { return moded(exe("x", program), mode) }
	link := func(mode int64) it.Entry { return moded(it.Link("y", "x"), mode) }
	owned := func(e it.Entry, uid, gid int) it.Entry {
		e.Uid, e.Gid = uid, gid
		return e
	}
	const none, raw = "0000000000000000", "0000000000002000"
	cases := []struct {
		name         string
		lower, upper []it.Entry
		start, want  string
	}{
		{"plain", files(file(0o755)), nil, "x", "5 5 " + none},
		{"set-uid", files(file(0o4755)), nil, "x", "0 5 " + raw},
		{"set-gid", files(owned(file(0o2755), 0, 7)), nil, "x", "5 7 " + none},
		{"set-uid by the second name", files(file(0o755), link(0o4755)), nil, "x", "0 5 " + raw},
		{"set-uid taken by the second name", files(file(0o4755), link(0o755)), nil, "y", "5 5 " + none},
		{"another owner by the second name", files(file(0o4755), owned(link(0o4755), 7, 7)), nil, "x", "7 5 " + none},
		{"capability", files(capable(file(0o755), netRaw)), nil, "x", "5 5 " + raw},
		{"capability by the second name", files(file(0o755), capable(link(0o755), netRaw)), nil, "x", "5 5 " + raw},
		{"capability lost with the second name", files(capable(file(0o755), netRaw), link(0o755)), nil, "y", "5 5 " + none},
		{"set-uid script", files(exe("p", program), moded(exe("x", []byte("#!/9/p\n")), 0o4755)), nil, "x", "5 5 " + none},
		{"replaced without set-uid", files(file(0o4755)), files(file(0o755)), "x", "5 5 " + none},
		{"replaced with set-uid", files(file(0o755)), files(file(0o4755)), "x", "0 5 " + raw},
	}
	lower, upper := files(exe("run", program)), files(it.File("upper", ""))
	var run []string
	for i, c := range cases {
		for layer, entries := range map[*[]it.Entry][]it.Entry{&lower: c.lower, &upper: c.upper} {
			for _, e := range entries {
				e.Name = fmt.Sprintf("%d/%s", i, e.Name)
				if e.Linkname != "" {
					e.Linkname = fmt.Sprintf("%d/%s", i, e.Linkname)
				}
				*layer = append(*layer, e)
			}
		}
		run = append(run, fmt.Sprintf("/%d/%s", i, c.start))
	}
	img := it.Image{Tag: "tare-privileges-test:1", Layers: []it.Layer{it.Plain(lower...), it.Plain(upper...)}}
	img.Config.Config = image.RunConfig{User: "5:5", Cmd: []string{"/run"}}
	load := exec.Command("docker", "load", "-q")
	load.Stdin = bytes.NewReader(it.Classic(img).Archive())
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("docker load: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("docker", "rmi", img.Tag).CombinedOutput(); err != nil {
			t.Errorf("docker rmi: %v: %s", err, out)
		}
	})
	out, err := exec.Command("docker", "run", "--rm", "--network=none", "--cap-drop=ALL", "--cap-add=NET_RAW", "-e", "RUN="+strings.Join(run, " "), img.Tag).CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(lines) != len(cases) {
		t.Fatalf("docker run: %v: %s", err, out)
	}
	findings := judge(t, img, Options{}).Findings
	for i, c := range cases {
		if want := run[i] + " " + c.want + " <nil>"; lines[i] != want {
			t.Errorf("%s: %q by the engine, want %q", c.name, lines[i], want)
		}
		told := false
		for _, f := range findings {
			shown := f.Layer == 2 || c.upper == nil
			if (f.Rule == "TARE-F001" || f.Rule == "TARE-F019") && shown && strings.HasPrefix(f.Path, fmt.Sprintf("/%d/", i)) && !strings.Contains(f.Message, "Linux ignores it") {
				told = true
			}
		}
		if more := c.want != "5 5 "+none; told != more {
			t.Errorf("%s: %s, and a finding: %v", c.name, lines[i], told)
		}
	}
}
