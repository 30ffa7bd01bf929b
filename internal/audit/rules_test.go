package audit

import (
	"archive/tar"
	"debug/elf"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

func config(set func(*image.RunConfig)) func(*image.Config) {
	return func(c *image.Config) { set(&c.Config) }
}

const keyText = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACDx\n-----END OPENSSH PRIVATE KEY-----\n"

// A ruleCase is an image that has a fault, one that nearly has it, and where
// the finding is.
type ruleCase struct {
	rule      string
	bad, near it.Image
	where     string // path or instruction of the finding, a part of it
}

func ruleCases() []ruleCase {
	device := it.Entry{Header: tar.Header{Typeflag: tar.TypeChar, Name: "dev/mem", Mode: 0o600, Devmajor: 1, Devminor: 1}}
	fifo := it.Entry{Header: tar.Header{Typeflag: tar.TypeFifo, Name: "dev/pipe", Mode: 0o600}}
	passwd := copied("passwd /etc/passwd")
	users := files(it.File("etc/passwd", "root:x:0:0::/:/bin/sh\nweb:x:1000:1000::/:\n"), it.File("etc/group", "web:x:1000:\n"))
	lone := clean()
	lone.Config.History = append(lone.Config.History, copied("more /"))
	arm := clean()
	arm.Layers = []it.Layer{it.Plain(exe("app", machine(elf.EM_AARCH64).build()))}
	plain := clean()
	plain.Layers = []it.Layer{it.Plain(it.File("app", "data"))}
	debug := func(size int) []byte {
		return elfFile{machine: elf.EM_X86_64, sections: []section{{".debug_info", make([]byte, size)}, {".text", make([]byte, 100_000)}}}.build()
	}
	dynamic := elfFile{machine: elf.EM_X86_64, loader: "/lib64/ld-linux-x86-64.so.2"}.build()
	return append([]ruleCase{
		{"TARE-H005", with(copied("x /x"), files(), image.History{Created: at(2), CreatedBy: "ADD app.conf /etc/ # buildkit"}, files(it.File("etc/app.conf", "x"))),
			with(image.History{Created: at(2), CreatedBy: "ADD rootfs.tar.gz / # buildkit"}, files(it.File("a", "x"), it.File("b", "x"))), "ADD app.conf"},
		{"TARE-H006", with(image.History{Created: at(2), CreatedBy: "ADD https://example.com/a.tgz /a # buildkit"}, files(it.File("a/a.tgz", "x"))),
			with(image.History{Created: at(2), CreatedBy: "ADD --checksum=sha256:0123 https://example.com/a.tgz /a # buildkit"}, files(it.File("a/a.tgz", "x"))), "ADD https"},
		{"TARE-H007", with(ran("apt-get update"), files(), ran("apt-get -y install curl"), files()),
			with(ran("apt-get update && apt-get install -y curl"), files(), ran("apt-get update -q; apt-get install jq"), files()), "RUN apt-get update"},
		{"TARE-H008", with(ran("apt-get update"), files(it.File("var/lib/apt/lists/deb.debian.org_Packages", "x")), ran("rm -r /var/lib/apt/lists/*"), files(it.Whiteout("var/lib/apt/lists/deb.debian.org_Packages"))),
			with(ran("true"), files(it.Dir("var/lib/apt/lists/partial"), it.File("var/lib/apt/lists/lock", ""), it.File("var/cache/other", "x"))), "/var/lib/apt/lists"},
		{"TARE-H009", with(ran("chmod 700 /app"), files(moded(exe("app", machine(elf.EM_X86_64).build()), 0o700))),
			with(ran("chmod 700 /new"), files(moded(exe("new", machine(elf.EM_X86_64).build()), 0o700))), "/app"},
		{"TARE-H010", with(ran("curl -fsSL https://example.com/i.sh | sudo -E bash -s"), files()),
			with(ran("curl -fsSL https://example.com/i.sh | tar x && wget -O- https://example.com | grep sh || sh -c true"), files()), "RUN curl"},
		{"TARE-H011", with(config(func(c *image.RunConfig) { c.Labels[baseName] = "docker.io/library/debian:latest" })),
			with(config(func(c *image.RunConfig) { c.Labels[baseName] = "localhost:5000/debian:12" })), ""},
		{"TARE-H012", lone, with(empty("ENV A=1")), ""},
		{"TARE-H013", with(image.History{Created: at(1), CreatedBy: "RUN true"}, files()), with(image.History{Created: epoch(), CreatedBy: "RUN true"}, files()), "RUN true"},
		{"TARE-H014", with(image.History{Created: future(48), CreatedBy: "RUN true"}, files()), with(image.History{Created: future(0), CreatedBy: "RUN true"}, files()), "RUN true"},
		{"TARE-H015", with(ran("true && sudo apt-get install x"), files()), with(ran("apt-get install -y sudo && echo sudo >> /x && adduser a sudo"), files()), "RUN true"},
		{"TARE-H016", with(ran("apt-get update && apt-get -y dist-upgrade"), files()), with(ran("apt-get install --only-upgrade -y openssl && pip install --upgrade pip && echo apk upgrade"), files()), "RUN apt-get"},

		{"TARE-C001", with(empty("USER 0:0"), config(func(c *image.RunConfig) { c.User = "0:0" })), with(config(func(c *image.RunConfig) { c.User = "1000:0" })), "USER 0:0"},
		{"TARE-C002", with(passwd, users, config(func(c *image.RunConfig) { c.User = "wep" })), with(passwd, users, config(func(c *image.RunConfig) { c.User = "web:web" })), ""},
		{"TARE-C003", with(config(func(c *image.RunConfig) { c.Healthcheck = nil })), clean(), ""},
		{"TARE-C004", with(empty(`ENTRYPOINT ["/bin/sh" "-c" "/app"]`), config(func(c *image.RunConfig) { c.Entrypoint = []string{"/bin/sh", "-c", "/app"} })),
			with(copied("sh /bin/sh"), files(it.Symlink("bin/sh", "/app")), config(func(c *image.RunConfig) { c.Entrypoint = []string{"/bin/sh", "-c", "/app"} })), "ENTRYPOINT"},
		{"TARE-C005", with(config(func(c *image.RunConfig) { c.Entrypoint = []string{"/ap"} })), with(config(func(c *image.RunConfig) { c.Entrypoint, c.Env = []string{"app"}, []string{"PATH=/bin:/"} })), ""},
		{"TARE-C006", plain, with(ran("chmod +x /x"), files(exe("x", []byte("x")))), "/app"},
		{"TARE-C007", arm, with(copied("other /other"), files(exe("other", machine(elf.EM_AARCH64).build()))), "/app"},
		{"TARE-C008", with(empty("VOLUME [/etc/]"), config(func(c *image.RunConfig) { c.Volumes = map[string]struct{}{"/etc/": {}} })),
			with(config(func(c *image.RunConfig) { c.Volumes = map[string]struct{}{"/etc/app": {}} })), "VOLUME"},
		{"TARE-C009", with(empty("EXPOSE map[80/tcp:{}]"), config(func(c *image.RunConfig) { c.ExposedPorts = map[string]struct{}{"80/tcp": {}} })),
			with(config(func(c *image.RunConfig) { c.ExposedPorts = map[string]struct{}{"1024/tcp": {}} })), "EXPOSE 80/tcp"},
		{"TARE-C010", with(config(func(c *image.RunConfig) { c.Labels = map[string]string{"maintainer": "x"} })), clean(), ""},
		{"TARE-C011", with(passwd, files(it.File("etc/shadow", "root:::0:::::\nbin:!::0:::::\n"))), with(passwd, files(it.File("etc/shadow", "root:*::0:::::\nweb:!::0:::::\n"), it.File("etc/passwd", "root:x:0:0::/:\n+::::::\n"))), "/etc/shadow"},
		{"TARE-C012", with(passwd, files(it.File("etc/passwd", "root:x:0:0::/:\ntoor:x:0:0::/:\n"))), with(passwd, files(it.File("etc/passwd", "root:x:0:0::/:\nroot:x:0:0::/:\nweb:x:1:0::/:\n#x:x::\n+\n"))), "/etc/passwd"},
		{"TARE-C014", with(empty(`HEALTHCHECK &{["CMD" "/check"]}`), config(func(c *image.RunConfig) { c.Healthcheck = &image.Healthcheck{Test: []string{"CMD", "/check"}} })),
			with(config(func(c *image.RunConfig) {
				c.Healthcheck = &image.Healthcheck{Test: []string{"CMD", "app", "check"}}
				c.Env = []string{"PATH=/bin:/"}
			})), "HEALTHCHECK"},
		{"TARE-W005", with(ran("useradd"), files(it.File("var/log/lastlog", "x"+strings.Repeat("\x00", minDuplicate)))),
			with(ran("x"), files(it.File("x", strings.Repeat("x\x00", minDuplicate/2)), it.File("y", strings.Repeat("\x00", minDuplicate-1)))), "/var/log/lastlog"},
		{"TARE-F026", trailing("x"), trailing("\x00"), ""},
		{"TARE-W004", layered(manyLayers), layered(manyLayers - 1), ""},
		{"TARE-C013", with(passwd, users, config(func(c *image.RunConfig) { c.User = "web:" })), with(passwd, users, config(func(c *image.RunConfig) { c.User = "web" })), ""},

		{"TARE-F001", with(ran("x"), files(moded(it.File("bin/su", "x"), 0o4755))), with(ran("x"), files(moded(it.File("bin/su", "x"), 0o4644), moded(it.Dir("var/mail"), 0o2755))), "/bin/su"},
		{"TARE-F002", with(ran("x"), files(moded(it.Dir("data"), 0o777))), with(ran("x"), files(moded(it.Dir("tmp"), 0o1777), it.Symlink("l", "app"))), "/data"},
		{"TARE-F005", with(copied(". ."), files(it.File("src/.git/HEAD", "ref: refs/heads/main\n"), it.File("src/.git/config", "x"))),
			with(copied(". ."), files(it.File("src/.gitignore", "x"), it.File("src/git/HEAD", "x"))), "/src/.git"},
		{"TARE-F007", with(ran("x"), files(it.File("root/.ash_history", "ls\n"))), with(ran("x"), files(it.File("root/.ash_history", ""), it.File("root/history", "x"))), "/root/.ash_history"},
		{"TARE-F010", with(ran("x"), files(it.Program("usr/bin/x86_64-linux-gnu-gcc-12", 10))), with(ran("x"), files(it.Program("usr/bin/gccgo-notes", 10), it.File("usr/share/doc/gcc", "x"))), "gcc-12"},
		{"TARE-F011", with(copied(". ."), files(it.File("go/src/app/main.go", "package main"))), with(copied(". ."), files(it.File("usr/include/a.c", "x"), it.File("srv/main.py", "x"), it.File("node_modules/x/a.cc", "x"))), "/go/src/app/main.go"},
		{"TARE-F012", with(ran("pip install x"), files(it.File("root/.cache/pip/http/a", "x"))), with(ran("x"), files(it.File("root/.cache/other/a", "x"))), "/root/.cache/pip"},
		{"TARE-F013", with(copied("d /d"), files(exe("d", debug(70_000)))), with(copied("d /d"), files(exe("d", debug(1000)), it.File("d.debug", string(debug(70_000))))), "/d"},
		{"TARE-F014", with(copied("d /d"), files(exe("d", dynamic))), with(copied("d /d"), files(exe("d", dynamic), exe("lib/ld.so", []byte("x")), it.Symlink("lib64/ld-linux-x86-64.so.2", "../lib/ld.so"))), "/d"},
		{"TARE-F015", with(copied("d /d"), files(exe("d", goProgram(tlsClient)))), with(copied("d /d"), files(exe("d", goProgram(tlsClient)), it.File("etc/ssl/certs/ca-certificates.crt", "x"))), "/d"},
		{"TARE-F016", with(copied("a b /"), files(it.Sized("a", minDuplicate), it.Sized("b", minDuplicate))), with(copied("a b /"), files(it.Sized("a", minDuplicate), it.Sized("b", minDuplicate-1), it.Link("c", "a"))), "/b"},
		{"TARE-F017", with(ran("mknod"), files(device)), with(ran("mkfifo"), files(fifo)), "/dev/mem"},
		{"TARE-F019", with(ran("setcap"), files(capable(it.File("bin/ping", "x"), netRaw))), with(ran("setcap"), files(capable(it.File("bin/ping", "x"), "\x01\x00\x00\x02"+strings.Repeat("\x00", 16))), ran("rm"), files(it.Whiteout("bin/none"))), "/bin/ping"},
		{"TARE-F018", with(ran("ln"), files(it.Symlink("bin/x", "/opt/none"))), with(ran("ln"), files(it.Symlink("bin/x", "/app"), it.Symlink("bin/y", "../app"), it.Symlink("etc/mtab", "/proc/mounts"))), "/bin/x"},
		{"TARE-F025", with(ran("x"), files(it.Dir("d"), it.File("d/a", "x")), ran("x"), files(it.Whiteout("d"), it.Dir("d"))), with(ran("x"), files(it.Dir("d"), it.File("d/a", "x")), ran("x"), files(it.Dir("d"), it.Opaque("d"), it.File("d/b", "x"), it.Whiteout("none"))), "/d"},

		{"TARE-W001", with(ran("x"), files(it.Sized("big", minDead)), ran("rm"), files(it.Whiteout("big"))), with(ran("x"), files(it.Sized("big", minDead-1)), ran("rm"), files(it.Whiteout("big"))), "RUN x"},
		{"TARE-W002", with(ran("x"), files(it.Sized("big", 10_000_000)), ran("x"), files(it.Sized("big", 10_000_001))), with(ran("x"), files(it.Sized("big", 9_000_000)), ran("x"), files(it.Sized("big", 9_000_001))), ""},
		{"TARE-W003", with(ran("x"), files(it.Sized("big", minTare))), with(ran("x"), files(it.Sized("big", minTare-1000))), ""},
	}, secretCases()...)
}

// layered is an image of so many layers.
// trailing is an image with a layer that has something after its archive's end.
func trailing(text string) it.Image {
	img := clean()
	img.Layers[0].Tar = append(img.Layers[0].Tar, text...)
	return img
}

func layered(n int) it.Image {
	img := clean()
	for range n - len(img.Layers) {
		img.Layers, img.Config.History = append(img.Layers, it.Plain()), append(img.Config.History, ran("true"))
	}
	return img
}

func secretCases() []ruleCase {
	return []ruleCase{
		{"TARE-H001", with(ran("curl https://x && git clone https://bob:hunter22@example.com/x"), files()),
			with(ran("git clone https://$USER:$PASS@example.com/x && PASSWORD=$(cat /run/secrets/p) ./x --token-file /t"), files()), "RUN curl"},
		{"TARE-H002", with(image.History{Created: at(2), CreatedBy: "RUN |2 A=1 NPM_TOKEN=s3cr3tvalue /bin/sh -c npm ci # buildkit"}, files()),
			with(image.History{Created: at(2), CreatedBy: "RUN |2 TOKEN= TOKEN_URL=https://x/y /bin/sh -c npm ci # buildkit"}, files(), empty("ARG TOKEN")), "RUN npm ci"},
		{"TARE-H003", with(config(func(c *image.RunConfig) { c.Env = append(c.Env, "DB_PASSWORD=hunter22") }), empty("ENV DB_PASSWORD=hunter22")),
			with(config(func(c *image.RunConfig) {
				c.Env = append(c.Env, "DB_PASSWORD_FILE=/run/p", "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D")
			})), "ENV DB_PASSWORD"},
		{"TARE-H004", with(config(func(c *image.RunConfig) { c.Labels["deploy.token"] = "ghp_" + strings.Repeat("aB3", 12) })),
			with(config(func(c *image.RunConfig) { c.Labels["org.opencontainers.image.revision"] = strings.Repeat("0a", 20) })), ""},
		{"TARE-H017", with(config(func(c *image.RunConfig) { c.WorkingDir = "/srv/DB_PASSWORD=hunter22" })), with(config(func(c *image.RunConfig) { c.WorkingDir = "/srv/DB_PASSWORD=" })), ""},
		{"TARE-F003", with(copied("k /k"), files(it.File("root/.ssh/id", keyText))), with(copied("k /k"), files(it.File("lib/ssh.py", "x = '-----BEGIN RSA PRIVATE KEY-----'\ny = 1"), it.File("go/testdata/k", keyText))), "/root/.ssh/id"},
		{"TARE-F004", with(copied(". ."), files(it.File("srv/.env", "A=1\n"))), with(copied(". ."), files(it.File("srv/.env.example", "A=1\n"), it.File("srv/.envrc", "x"))), "/srv/.env"},
		{"TARE-F006", with(copied("x"), files(it.File("root/.docker/config.json", `{"auths":{"r":{"auth":"eDp5"}}}`))), with(copied("x"), files(it.File("root/.docker/config.json", `{"credsStore":"x"}`), it.File("root/.npmrc", "fund=false\n"))), "config.json"},
		{"TARE-F008", with(copied("k /"), files(it.File("k", keyText)), ran("rm /k"), files(it.Whiteout("k"))), with(copied("k /"), files(it.File("k", "public")), ran("rm /k"), files(it.Whiteout("k"))), "/k"},
		{"TARE-F009", with(copied("x"), files(it.File("srv/conf.yml", "token: glpat-"+strings.Repeat("aB3_", 6)))), with(copied("x"), files(it.File("srv/conf.yml", "name: glpat-short\nurl: hf_transfer npm_config_cache eyJhbGciOiJI"))), "/srv/conf.yml"},
		{"TARE-F022", with(copied("x"), files(it.Symlink("srv/x", "/run/npm_abcdefghijklmnopqrstuvwxyz0123456789"))), with(copied("x"), files(it.File("srv/npm_abc", "x"))), "/srv/x"},
		{"TARE-F020", with(copied("x"), files(it.File("usr/lib/node_modules/x/test/key.pem", keyText))), with(copied("x"), files(it.File("usr/lib/node_modules/x/test/key.pem", "x"))), "/usr/lib/node_modules/x/test/key.pem"},
		{"TARE-F021", with(copied("x"), files(it.File("srv/.wh.x", keyText))), with(copied("x"), files(it.Whiteout("srv/x"))), "/srv/x"},
	}
}

// Every rule finds its fault, where it is; keeps still where it is nearly there;
// and the clean image has none.
func TestRules(t *testing.T) {
	covered := map[string]bool{ruleBudget: true, ruleGrowth: true, "TARE-C015": true} // see TestBudgets, TestConfigName
	for _, tt := range ruleCases() {
		covered[tt.rule] = true
		t.Run(tt.rule, func(t *testing.T) {
			found := of(judge(t, tt.bad, Options{}), tt.rule)
			if len(found) != 1 {
				t.Fatalf("%d findings in the image that has it: %+v", len(found), found)
			}
			if f := found[0]; !strings.Contains(f.Path+" "+f.Instruction, tt.where) || f.Message == "" || f.Fix == "" || len(f.Fingerprint) != 32 {
				t.Errorf("found %+v, want it at %q", f, tt.where)
			}
			if found := of(judge(t, tt.near, Options{}), tt.rule); len(found) > 0 {
				t.Errorf("in the image that nearly has it: %+v", found)
			}
		})
	}
	for _, r := range Rules() {
		if !covered[r.ID] {
			t.Errorf("%s is not tested", r.ID)
		}
	}
	if r := judge(t, clean(), Options{Depth: Deep}); len(r.Findings) > 0 || !r.OK {
		t.Errorf("the clean image: %+v", r.Findings)
	}
}

// of returns the findings of a rule.
func of(r *Report, rule string) []Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Rule != rule })
}

// The table is complete and in order.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if r.ID == "" || r.Title == "" || r.Looks == "" || r.Why == "" || r.Fix == "" || r.Group == "" || r.Severity.Rank() == 0 {
			t.Errorf("incomplete: %+v", r)
		}
		if seen[r.ID] {
			t.Errorf("%s twice", r.ID)
		}
		if seen[r.ID] = true; r.image != nil && r.file != nil {
			t.Errorf("%s has two checks", r.ID)
		}
		if strings.Contains(r.Fix, "\n") || strings.HasSuffix(r.Fix, ".") {
			t.Errorf("%s: fix %q is not a line", r.ID, r.Fix)
		}
	}
}
