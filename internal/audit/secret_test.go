package audit

import (
	"bytes"
	"debug/elf"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/engine"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// secretImage is an image with a secret in every place, and those secrets.
func secretImage() (it.Image, []string) {
	secrets := []string{"argument-s3cret", "environment-s3cret", "label-s3cret", "oldenv-s3cret", "npm_abcdefghijklmnopqrstuvwxyz0123456789"}
	steps := []any{
		image.History{Created: at(2), CreatedBy: "RUN |1 TOKEN=argument-s3cret /bin/sh -c curl -H 'X: argument-s3cret' && chown environment-s3cret /x # buildkit"},
		files(it.File("root/argument-s3cret/id_rsa", keyText), it.File("var/lib/apt/lists/x", "x")),
		empty("ENV API_TOKEN=environment-s3cret"), empty("ENV OLD_PASSWORD=oldenv-s3cret"), empty("LABEL secret=label-s3cret"),
		empty("VOLUME [/etc environment-s3cret]"),
		copied("x /x"), files(it.File("srv/x", "token npm_abcdefghijklmnopqrstuvwxyz0123456789"), it.File("npm_abcdefghijklmnopqrstuvwxyz0123456789/.env", "A=1")),
		config(func(c *image.RunConfig) {
			c.Env = append(c.Env, "API_TOKEN=environment-s3cret")
			c.Labels["secret"] = "label-s3cret"
			c.User = "oldenv-s3cret"
			c.Volumes = map[string]struct{}{"/etc": {}}
			c.Entrypoint = []string{"/opt/environment-s3cret"}
		}),
	}
	for text, secret := range map[string]string{
		"RUN git clone https://x-access-token:ghp_0123456789abcdefghijABCDEFGHIJ012345@github.com/a/b": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
		"RUN mysql --password hunter22 -e 'select 1'":                                                  "hunter22",
		"CMD [\"redis-server\" \"--requirepass\" \"requ1repass\"]":                                     "requ1repass",
		"RUN echo '" + strings.ReplaceAll(keyText, "\n", "\\n") + "' > /k":                             "QyNTUxOQAAACDx",
	} {
		secrets = append(secrets, secret)
		steps = append(steps, image.History{Created: at(2), CreatedBy: text, EmptyLayer: true})
	}
	return with(steps...), secrets
}

// A secret that was found is nowhere in the report, whichever finding stands
// beside it.
func TestMaskedEverywhere(t *testing.T) {
	img, secrets := secretImage()
	r := judge(t, img, Options{})
	for _, rule := range []string{"TARE-H001", "TARE-H002", "TARE-H003", "TARE-H004", "TARE-F003", "TARE-F004", "TARE-F009", "TARE-C002", "TARE-C005", "TARE-C008"} {
		if len(of(r, rule)) == 0 {
			t.Errorf("%s has no finding", rule)
		}
	}
	for _, f := range r.Findings {
		text := strings.Join([]string{f.Message, f.Instruction, f.Path, f.Fix, f.key}, "\n")
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %q: %s", f.Rule, secret, text)
			}
		}
	}
}

// wide is a text in UTF-16.
func wide(text string, big bool) string {
	var b []byte
	for _, c := range []byte(text) {
		if big {
			b = append(b, 0, c)
		} else {
			b = append(b, c, 0)
		}
	}
	return string(b)
}

// javaTrust is a Java key store of two entries, as far as the second's kind, of
// which the first is a javaCertificate to be trusted.
const (
	javaTrust       = "\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x02" + javaCertificate
	javaCertificate = "\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05X.509\x00\x00\x00\x03abc"
)

// Files that hold secrets, and files that only look like them.
func TestSecretFiles(t *testing.T) {
	const token = "ghp_a8Kd93mZpQ7xW2vLr5TnB1yHc6JfE4sUgD0o"
	for _, tt := range []struct{ path, content, rule string }{
		{"root/.npmrc", "//r/:_authToken=abcdef-1234\n", "TARE-F006"},
		{"root/.npmrc", "//r/:_authToken=${NPM_TOKEN}\nalways-auth=true\n", ""},
		{"root/.docker/config.json", `{"auths":{"r":{"identitytoken":"abc"}}}`, "TARE-F006"},
		{"root/.docker/config.json", `{"auths":{"r":{"auth":""}}}`, ""},
		{"run/containers/0/auth.json", `{"auths":{"r":{"auth":"eDp5"}}}`, "TARE-F006"},
		{"srv/auth.json", `{"http-basic":{"x":{"username":"a","password":"b"}}}`, "TARE-F006"},
		{"srv/auth.json", `{"http-basic":{},"user":"x"}`, ""},
		{"root/.m2/settings.xml", "<password>${env.P}</password>", ""},
		{"root/.m2/settings.xml", "<password>hunter22</password>", "TARE-F006"},
		{"etc/nginx/.htpasswd", "a:$apr1$x$y\n", "TARE-F006"},
		{"srv/key.ppk", "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPrivate-Lines: 14\nAAAB", "TARE-F003"},
		{"srv/key.ppk", "PuTTY-User-Key-File-3 is a format", ""},
		{"srv/sa.json", `{"private_key": "` + strings.ReplaceAll(keyText, "\n", `\n`) + `"}`, "TARE-F003"},
		{"srv/c.ini", "aws_secret_access_key = kX9vT2mQ7pLw4Rz8NbYc1HsJ6dFgA3eUoIqWnM5t\n", "TARE-F009"},
		{"srv/c.json", `{"awsSecretAccessKey": "kX9vT2mQ7pLw4Rz8NbYc1HsJ6dFgA3eUoIqWnM5t"}`, "TARE-F009"},
		{"srv/c.py", "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']\n", ""},
		{"srv/c.ini", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n", ""},
		{"srv/db.yml", "url: postgres://app:hunter22@db:5432/app\n", "TARE-F009"},
		{"srv/db.yml", "url: postgres://app:$PASSWORD@db:5432/app\n", ""},
		{"srv/db.yml", "# postgres://user:password@db/app, postgres://scott:tiger@localhost/x, http://x:x@host:80", ""},
		{"usr/lib/python3/site-packages/x/db.yml", "url: postgres://app:hunter22@db:5432/app\n", ""},
		{"srv/db.go", "// postgres://app:hunter22@db:5432/app\n", ""},
		{"srv/.git/config", "url = https://bob:hunter22@github.com/x\n", "TARE-F009"},
		{"srv/prod.env", "DB_PASSWORD=hunter22\n", "TARE-F009"},
		{"srv/prod.env", "DB_PASSWORD=\nDB_PASSWORD_FILE=/run/p\nLEVEL=5\n", ""},
		{"srv/x.bin", "\x00\x01" + token + "\x00", "TARE-F009"},
		{"srv/x.gz", string(it.Gzip([]byte(token))), "TARE-F009"},
		{"srv/x.gz", string(it.Gzip([]byte(token))[:30]), ""},
		{"srv/x.gz", "\x1f\x8b\x08" + token, "TARE-F009"},
		{"srv/x.gz", string(it.Gzip([]byte("x"))) + token, "TARE-F009"},
		{"srv/x.gz", string(it.Gzip(it.Gzip([]byte(token)))), "TARE-F009"},
		{"srv/x.gz", string(it.Gzip(it.Gzip(it.Gzip(it.Gzip([]byte(token)))))), ""},
		{"srv/x", "\x7fELF\x02\x01\x01 " + token, "TARE-F009"},
		{"srv/x", "\x7fELF\x02\x01\x01\n" + keyText, "TARE-F003"},
		{"srv/x", string(machine(elf.EM_X86_64).build()) + keyText, "TARE-F003"},
		{"srv/x.ps1", "\xff\xfe" + wide("x = '"+token+"'", false), "TARE-F009"},
		{"srv/x.ps1", "\xfe\xff" + wide("x = '"+token+"'", true), "TARE-F009"},
		{"srv/x", wide("key: "+token+" and more\n", false), "TARE-F009"},
		{"srv/x", "\xff\xfe" + token, "TARE-F009"},
		{"srv/secret.yml", "data:\n  key: " + base64.StdEncoding.EncodeToString([]byte(keyText)), "TARE-F003"},
		{"srv/secret.yml", "data:\n  ca.crt: " + base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(keyText, "PRIVATE KEY", "CERTIFICATE"))), ""},
		{"srv/.envrc", "export DB_PASSWORD=hunter22\n", "TARE-F009"},
		{"srv/.envrc", "use flake\nlayout python\n", ""},
		{"srv/config/database.yml", "production:\n  password: hunter22\n", "TARE-F009"},
		{"srv/config/database.yml", "production:\n  password: <%= ENV['DB_PASSWORD'] %>\n", ""},
		{"srv/config/database.yml", "# password: hunter22\n  passwordSecretName: db-password1\n  secret: db-secret-token\n", ""},
		{"srv/settings.py", "SECRET_KEY = 'dj4ng0-s3cret!x9'\n", "TARE-F009"},
		{"srv/settings.py", "SECRET_KEY = os.environ['SECRET_KEY1']\nTOKEN_URL = 'https://x1/y2'\nPASSWORD_RESET_TIMEOUT = 'abc12345'", ""},
		{"srv/settings.py", "DATABASE = 'postgres://app:hunter22@db:5432/app'\n", "TARE-F009"},
		{"srv/wp-config.php", "define( 'DB_PASSWORD', 'hunter22' );\n", "TARE-F009"},
		{"srv/wp-config.php", "define( 'DB_PASSWORD', getenv('DB_PASSWORD') );\n", ""},
		{"srv/credentials.xml", "<c><password>hunter22</password></c>\n", "TARE-F009"},
		{"srv/web.config", "<add key=\"ApiKey\" value=\"hunter22\"/>\n", "TARE-F009"},
		{"srv/app.properties", "spring.datasource.password=hunter22\n", "TARE-F009"},
		{"srv/appsettings.json", "{\"Jwt\": {\"SigningKey\": \"hunter22hunter22\"}}\n", "TARE-F009"},
		{"srv/password.txt", "hunter22\n", "TARE-F009"},
		{"srv/password.txt", "see the wiki\n", ""},
		{"srv/secrets/db_password", "hunter22", "TARE-F009"},
		{"usr/bin/passwd", "hunter22", ""},
		{"srv/store.p12", "\x30\x82\x09\x00\x02\x01\x03\x30\x82 ... \x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02 ...", "TARE-F003"},
		{"srv/trust.p12", "\x30\x82\x09\x00\x02\x01\x03\x30\x82 ...", ""},
		{"srv/store.jks", "\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00\x01a", "TARE-F003"},
		{"srv/cacerts", javaTrust + "\x00\x00\x00\x02" + javaCertificate, ""},
		{"srv/store.jks", javaTrust + "\x00\x00\x00\x01\x00\x01k", "TARE-F003"},
		{"srv/x.psafe3", "PWS3....", "TARE-F003"},
		{"root/.gnupg/private-keys-v1.d/x.key", "Key: (private-key (rsa ...", "TARE-F003"},
		{"usr/lib/node_modules/x/test/key.pem", keyText, ""},
		{"usr/lib/python3/dist-packages/x/tests/k.pem", keyText, ""},
		{"usr/lib/python3/dist-packages/x/k.pem", keyText, "TARE-F003"},
		// What Debian's own packages hold.
		{"usr/share/go-1.19/src/crypto/tls/example_test.go", keyText, ""},
		{"etc/ssl/openssl.cnf", "# input_password = secret\nchallengePassword = A challenge password\nchallengePassword_min = 4\n", ""},
		{"etc/login.defs.conf", "PASS_MAX_DAYS = 99999\npassword = required\n", ""},
		{"usr/lib/x86_64-linux-gnu/libgnutls.so.30.34.3", "\x7fno ELF\x00" + keyText, ""},
		{"usr/lib/x86_64-linux-gnu/libgnutls.a", keyText, ""},
		{"usr/local/lib/libapp.so", keyText, "TARE-F003"},
		{"srv/libapp.so", keyText, "TARE-F003"},
		{"usr/lib/sdk/tests/data/service.json", keyText, ""},
		{"usr/lib/sdk/data/service.json", keyText, "TARE-F003"},
		{"libs/tests/service.json", keyText, "TARE-F003"},
		{"opt/sdk/third_party/x/tests/data/user.json", `{"refresh_token": "hunter22hunter22"}`, ""},
		{"opt/sdk/third_party/x/data/key.pem", keyText, "TARE-F003"},
		{"opt/sdk/data/paginators-1.json", `{"input_token": "NextToken", "output_token": "NextPageMarker", "nextToken": "list-objects"}`, ""},
		{"opt/sdk/data/user.json", `{"refresh_token": "hunter22hunter22"}`, "TARE-F009"},
		{"usr/share/bash-completion/completions/passwd", "_passwd()\n", ""},
		{"srv/node_modules/jwt/README.md", token, ""},
		{"usr/lib/python3/dist-packages/x.egg-info/PKG-INFO", token, ""},
	} {
		rules := []string{}
		for _, f := range judge(t, with(copied("x /"), files(it.File(tt.path, tt.content))), Options{}).Findings {
			if f.Severity == Error {
				rules = append(rules, f.Rule)
			}
		}
		if got := strings.Join(rules, " "); got != tt.rule {
			t.Errorf("%s with %q: %q, want %q", tt.path, tt.content, got, tt.rule)
		}
	}
}

// A secret in the comment of a step is found, too.
func TestComment(t *testing.T) {
	h := copied("x /")
	h.Comment = "with DB_PASSWORD=hunter22"
	if found := of(judge(t, with(h, files()), Options{}), "TARE-H001"); len(found) != 1 || strings.Contains(found[0].Message, "hunter22") {
		t.Errorf("%+v", found)
	}
}

// A secret is found wherever in an image somebody puts it, and shown nowhere.
func TestSecretPlaces(t *testing.T) {
	const token = "npm_abcdefghijklmnopqrstuvwxyz0123456789"
	for name, put := range map[string]func(*it.Image){
		"author":            func(i *it.Image) { i.Config.Author = token },
		"author of a step":  func(i *it.Image) { i.Config.History[0].Author = token },
		"comment of a step": func(i *it.Image) { i.Config.History[0].Comment = token },
		"directory":         func(i *it.Image) { i.Config.Config.WorkingDir = "/" + token },
		"shell":             func(i *it.Image) { i.Config.Config.Shell = []string{"/bin/sh", token} },
		"signal":            func(i *it.Image) { i.Config.Config.StopSignal = token },
		"volume":            func(i *it.Image) { i.Config.Config.Volumes = map[string]struct{}{"/" + token: {}} },
		"user":              func(i *it.Image) { i.Config.Config.User = token },
		"port":              func(i *it.Image) { i.Config.Config.ExposedPorts = map[string]struct{}{token: {}} },
		"variable's name":   func(i *it.Image) { i.Config.Config.Env = append(i.Config.Config.Env, token+"=x") },
		"label's name":      func(i *it.Image) { i.Config.Config.Labels[token] = "x" },
		"file's name":       func(i *it.Image) { i.Layers = append(i.Layers, it.Plain(it.File("srv/"+token, "x"))) },
		"directory's name":  func(i *it.Image) { i.Layers = append(i.Layers, it.Plain(it.Dir("srv/"+token))) },
		"whiteout's name":   func(i *it.Image) { i.Layers = append(i.Layers, it.Plain(it.Whiteout("srv/"+token))) },
		"name=value":        func(i *it.Image) { i.Layers = append(i.Layers, it.Plain(it.File("srv/API_TOKEN="+token, "x"))) },
		"link":              func(i *it.Image) { i.Layers = append(i.Layers, it.Plain(it.Symlink("srv/x", token))) },
		"attribute": func(i *it.Image) {
			e := it.File("srv/x", "x")
			e.PAXRecords = map[string]string{"SCHILY.xattr.user.x": token}
			i.Layers = append(i.Layers, it.Plain(e))
		},
		"whiteout": func(i *it.Image) { i.Layers = append(i.Layers, it.Plain(it.File("srv/.wh.x", token))) },
		"opaque":   func(i *it.Image) { i.Layers = append(i.Layers, it.Plain(it.File("srv/.wh..wh..opq", token))) },
		"private":  func(i *it.Image) { i.Layers = append(i.Layers, it.Plain(it.File("srv/.wh..wh.plnk/1", token))) },
	} {
		img := clean()
		img.Config.Config.Labels = map[string]string{"org.opencontainers.image.source": "devops-go"}
		img.Config.History = slices.Clone(img.Config.History)
		put(&img)
		wantLeak(t, name, judge(t, img, Options{}), token)
	}
	for name, put := range map[string]func(it.Files, *oci.Descriptor) []oci.Descriptor{
		"descriptor's annotation": func(_ it.Files, d *oci.Descriptor) []oci.Descriptor {
			d.Annotations = map[string]string{"x": token}
			return nil
		},
		"sensitive annotation": func(_ it.Files, d *oci.Descriptor) []oci.Descriptor {
			d.Annotations = map[string]string{"deploy.password": token}
			return nil
		},
		"attestation": func(f it.Files, _ *oci.Descriptor) []oci.Descriptor {
			statement := f.Blob("application/vnd.in-toto+json", []byte(`{"predicate":{"parameters":{"args":{"build-arg:API_TOKEN":"`+token+`"}}}}`))
			config := f.Blob(oci.MediaTypeConfig, []byte("{}"))
			m, _ := json.Marshal(oci.Manifest{SchemaVersion: 2, Config: config, Layers: []oci.Descriptor{statement}})
			d := f.Blob(oci.MediaTypeManifest, m)
			d.Annotations = map[string]string{oci.AnnotationReferenceType: "attestation-manifest"}
			return []oci.Descriptor{d}
		},
	} {
		f := it.Files{}
		d := f.Manifest(clean())
		more := put(f, &d)
		f.Index(append([]oci.Descriptor{d}, more...)...)
		img, err := image.Open(t.Context(), "oci:"+f.Dir(t), image.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Image(t.Context(), img, Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		wantLeak(t, name, r, token)
	}
}

// wantLeak wants an error for the secret, and the secret not to be shown.
func wantLeak(t *testing.T, name string, r *Report, secret string) {
	t.Helper()
	if r.OK || r.Counts.Error == 0 {
		t.Errorf("%s: not found: %+v", name, r.Findings)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(secret)) {
		t.Errorf("%s: shown: %s", name, b)
	}
}

// A mask hides values and not the words of the report.
func TestMaskKeepsWords(t *testing.T) {
	r := judge(t, with(config(func(c *image.RunConfig) {
		c.Env = append(c.Env, "APP_PASSWORD=secret", "B_PASSWORD=variable", "C_PASSWORD=private")
	}), copied("x"), files(it.File("srv/k", keyText))), Options{})
	for rule, want := range map[string]string{"TARE-H003": "variable APP_PASSWORD is a secret: value with a sensitive name", "TARE-F003": "a private key"} {
		if found := of(r, rule); len(found) == 0 || found[0].Message != want {
			t.Errorf("%+v, want %q", found, want)
		}
	}
}

// Mask leaves no secret in the configuration, and the rest as it was.
func TestMaskImage(t *testing.T) {
	shown, secrets := secretImage()
	img := open(t, shown)
	created, layers := *img.Config.Created, len(img.Config.RootFS.DiffIDs)
	if err := Mask(t.Context(), img); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(img.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets[:4] {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%q is shown: %s", secret, b)
		}
	}
	if !img.Config.Created.Equal(created) || len(img.Config.RootFS.DiffIDs) != layers || !bytes.Contains(b, []byte("API_TOKEN=****")) {
		t.Errorf("changed to %s", b)
	}
	d := &image.Description{Config: image.RunConfig{Env: []string{"API_TOKEN=s3cr3tvalue"}}, Steps: []engine.HistoryEntry{{CreatedBy: "ENV API_TOKEN=s3cr3tvalue"}}}
	if err := MaskDescription(t.Context(), d); err != nil || d.Config.Env[0] != "API_TOKEN=****" || d.Steps[0].CreatedBy != "ENV API_TOKEN=****" {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestOverwrittenSecret: a secret that is written over is found once if it is the
// same one with another mode, and both if it is another one.
func TestOverwrittenSecret(t *testing.T) {
	for _, tt := range []struct {
		second it.Entry
		want   string
	}{
		{moded(it.File("srv/.env", "A_PASSWORD=hunter22\n"), 0o600), "F004"},
		{it.File("srv/.env", "A_PASSWORD=hunter2222\n"), "F004 F008"},
		{it.File("srv/.env", ""), "F008"},
	} {
		img := with(copied(".env /srv/"), files(it.File("srv/.env", "A_PASSWORD=hunter22\n")), copied(".env /srv/"), files(tt.second))
		var got []string
		for _, f := range judge(t, img, Options{}).Findings {
			if f.Severity == Error {
				got = append(got, strings.TrimPrefix(f.Rule, "TARE-"))
			}
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%d bytes: %s, want %s", tt.second.Size, got, tt.want)
		}
	}
}
