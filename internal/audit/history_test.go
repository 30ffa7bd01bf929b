package audit

import (
	"strings"
	"testing"
	"time"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// What upgrades all packages, by the managers' own names for it.
func TestUpgrade(t *testing.T) {
	for command, want := range map[string]bool{
		"yum update -y": true, "yum -y update": true, "dnf -y upgrade --refresh": true, "microdnf update": true, "tdnf update -y": true, "dnf5 up": true,
		"zypper up": true, "zypper -n dup": true, "zypper --non-interactive patch": true, "pacman -Syu --noconfirm": true, "pacman -Syyu": true,
		"apt-get update && apt-get -y upgrade >/dev/null": true, "apk -U upgrade": true, "sudo dnf distro-sync": true, "DEBIAN_FRONTEND=noninteractive apt full-upgrade": true,
		"yum update -y openssl": false, "yum install update": false, "zypper up curl": false, "pacman -S curl": false, "pacman -Sy": false, "pacman -Su curl": false,
		"apt-get update": false, "apk update": false, "zypper refresh": false, "echo yum update": false, "pacman -Qu": false, "apk upgrade musl": false,
	} {
		if got := len(of(judge(t, with(ran(command), files()), Options{}), "TARE-H016")) == 1; got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
}

// ADD of a repository is told from ADD of a file, and a whole commit pins it.
func TestAddURL(t *testing.T) {
	sha := strings.Repeat("0123456789", 4)
	for source, want := range map[string]bool{
		"https://example.com/a.tgz": true, "https://example.com/a.git": true, "https://example.com/a.git#main": true, "git@example.com:a.git#v1": true,
		"https://example.com/a.git#" + sha: false, "https://example.com/a.git#" + sha + ":sub": false, "git@example.com:a.git#" + sha: false,
		"https://example.com/a.git?ref=main&commit=" + sha: false, "https://example.com/a.git#" + sha[:7]: true, "https://example.com/a#" + sha: true, "a.tgz": false,
	} {
		img := with(image.History{Created: at(2), CreatedBy: "ADD " + source + " /a # buildkit"}, files(it.File("a/a", "x"), it.File("a/b", "x")))
		if got := len(of(judge(t, img, Options{}), "TARE-H006")) == 1; got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
}

// A HEALTHCHECK is resolved as what is started.
func TestHealthCommand(t *testing.T) {
	shell := func(text string) *image.Healthcheck { return &image.Healthcheck{Test: []string{"CMD-SHELL", text}} }
	alpine := files(exe("bin/busybox", []byte("x")), it.Symlink("bin/sh", "/bin/busybox"), it.Symlink("usr/bin/wget", "/bin/busybox"), it.File("bin/data", "x"))
	for _, tt := range []struct {
		name    string
		health  *image.Healthcheck
		shell   []string
		entries []it.Entry
		want    string // the rules
	}{
		{"scratch", shell("curl -f http://localhost/ || exit 1"), nil, nil, "TARE-C004"},
		{"no curl", shell("curl -f http://localhost/ || exit 1"), nil, alpine, "TARE-C014"},
		{"wget", shell("wget -q -O- http://localhost/ || exit 1"), nil, alpine, ""},
		{"environment", shell("A=1 exec /usr/bin/wget x"), nil, alpine, ""},
		{"path", shell("/usr/bin/curl x"), nil, alpine, "TARE-C014"},
		{"negation", shell("! curl x"), nil, alpine, "TARE-C014"},
		{"built in", shell("test -f /x && curl x"), nil, alpine, ""},
		{"variable", shell("$CHECK x"), nil, alpine, ""},
		{"exec form", &image.Healthcheck{Test: []string{"CMD", "curl", "x"}}, nil, alpine, "TARE-C014"},
		{"not executable", &image.Healthcheck{Test: []string{"CMD", "/bin/data"}}, nil, alpine, "TARE-C014"},
		{"other shell", shell("wget x"), []string{"/bin/bash", "-c"}, alpine, "TARE-C004"},
		{"its own shell", shell("wget x"), []string{"/bin/busybox", "sh", "-c"}, alpine[:1], "TARE-C014"},
		{"none", &image.Healthcheck{Test: []string{"NONE"}}, nil, nil, ""},
	} {
		img := with(copied("x /"), tt.entries, config(func(c *image.RunConfig) { c.Healthcheck, c.Shell, c.Env = tt.health, tt.shell, nil }))
		var got []string
		for _, f := range judge(t, img, Options{}).Findings {
			if f.Rule == "TARE-C004" || f.Rule == "TARE-C014" {
				got = append(got, f.Rule)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}

// The edges of what makes a base, of times set by hand and of clocks.
func TestTimes(t *testing.T) {
	made := func(at time.Time, by string, empty bool) image.History {
		return image.History{Created: &at, CreatedBy: by, EmptyLayer: empty}
	}
	start := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		later time.Duration
		base  int
	}{{apart - time.Nanosecond, 0}, {apart, 1}} {
		img := it.Image{Layers: []it.Layer{it.Plain(), it.Plain()}}
		img.Config.History = []image.History{made(start, "RUN a", false), made(start, `CMD ["a"]`, true), made(start.Add(tt.later), "RUN b", false)}
		if got := guessBase(open(t, img)); got != tt.base {
			t.Errorf("%v later: %d layers of the base, want %d", tt.later, got, tt.base)
		}
	}
	for _, tt := range []struct {
		first, second time.Time
		want          bool
	}{
		{start, start.Add(-clockSkew), false},
		{start, start.Add(-clockSkew - time.Second), true},
		{start, time.Date(1981, 12, 31, 0, 0, 0, 0, time.UTC), false},
		{start, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), false},
		{start, time.Date(1982, 1, 1, 0, 0, 0, 0, time.UTC), true},
	} {
		img := it.Image{Layers: []it.Layer{it.Plain(), it.Plain()}}
		img.Config.History = []image.History{made(tt.first, "RUN a", false), made(tt.second, "RUN b", false)}
		if got := len(of(judge(t, img, Options{}), "TARE-H013")) == 1; got != tt.want {
			t.Errorf("%v after %v: %v, want %v", tt.second, tt.first, got, tt.want)
		}
	}
}

// An update between an old update and the installation makes that one good.
func TestIndexUpdatedAgain(t *testing.T) {
	img := with(ran("apt-get update"), files(), ran("apt-get update && apt-get install -y curl"), files())
	if found := of(judge(t, img, Options{}), "TARE-H007"); len(found) > 0 {
		t.Errorf("updated with the installation: %+v", found)
	}
	img = with(ran("apt-get update"), files(), ran("apt-get update"), files(), ran("apt-get install -y curl"), files())
	if found := of(judge(t, img, Options{}), "TARE-H007"); len(found) != 1 {
		t.Errorf("updated twice: %+v", found)
	}
}

// A file of which more than the mode changed wasn't only chmodded.
func TestCopiedContent(t *testing.T) {
	other := strings.Repeat("y", minDuplicate)
	img := with(copied("x /x"), files(it.Sized("x", minDuplicate)), ran("x"), files(moded(it.File("x", other), 0o600)))
	if found := of(judge(t, img, Options{}), "TARE-H009"); len(found) > 0 {
		t.Errorf("another content: %+v", found)
	}
}

// The ratio is reached at ten times the net weight, exactly.
func TestTareRatio(t *testing.T) {
	app := machine(62).build()
	pad := func(net int) it.Image {
		img := clean()
		content := append(append([]byte{}, app...), make([]byte, net-len(app))...)
		img.Layers = []it.Layer{it.Plain(exe("app", content)), it.Plain(it.Sized("big", minTare))}
		img.Config.History = append(img.Config.History, ran("x"))
		return img
	}
	if found := of(judge(t, pad(minTare/tareRatio), Options{}), "TARE-W003"); len(found) != 1 {
		t.Errorf("ten times: %+v", found)
	}
	if found := of(judge(t, pad(minTare/tareRatio+1), Options{}), "TARE-W003"); len(found) > 0 {
		t.Errorf("less than ten times: %+v", found)
	}
}
