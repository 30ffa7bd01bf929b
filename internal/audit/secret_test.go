package audit

import (
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
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
		{"srv/x.gz", "\x1f\x8b\x08" + token, ""},
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
