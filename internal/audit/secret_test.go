package audit

import (
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// secretTexts are instructions with a secret, and the secret. None of the
// values was ever one.
func secretTexts() []struct{ text, secret string } {
	return []struct{ text, secret string }{
		{"RUN aws configure set aws_access_key_id AKIAQ3EGXYZW7N5T2LKM", "AKIAQ3EGXYZW7N5T2LKM"},
		{"RUN git clone https://x-access-token:ghp_0123456789abcdefghijABCDEFGHIJ012345@github.com/a/b", "ghp_0123456789abcdefghijABCDEFGHIJ012345"},
		{"RUN export GH=github_pat_11ABCDEFG0123456789abcdef_x", "github_pat_11ABCDEFG0123456789abcdef_x"},
		{"RUN curl --header 'PRIVATE-TOKEN: glpat-abcDEF123456ghiJKL78' https://gitlab.com", "glpat-abcDEF123456ghiJKL78"},
		{"RUN curl -H 'Authorization: Bearer abc.def-ghi123' https://x", "abc.def-ghi123"},
		{"RUN echo //registry.npmjs.org/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789 > .npmrc", "npm_abcdefghijklmnopqrstuvwxyz0123456789"},
		{"RUN pip install --index-url https://bob:hunter22@pypi.example.com/simple x", "hunter22"},
		{"RUN mysql --password hunter22 -e 'select 1'", "hunter22"},
		{"RUN mysql --password=hunter22", "hunter22"},
		{"RUN curl -u bob:hunter22 https://x", "hunter22"},
		{`RUN echo '{"password": "hunter22"}' > /etc/x.json`, "hunter22"},
		{"RUN SECRET_KEY='dj4ng0-s3cret' ./manage.py collectstatic", "dj4ng0-s3cret"},
		{"RUN slack --url https://hooks.slack.com/services/T0123456/B0123456/abcdefghijklmnop01234567", "T0123456/B0123456/abcdefghijklmnop01234567"},
		{"CMD [\"redis-server\" \"--requirepass\" \"hunter22\"]", "hunter22"},
		{"RUN stripe --key sk_live_abcdefABCDEF0123456789", "_live_abcdefABCDEF0123456789"},
		{"RUN x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"},
		{"RUN x DATA=kJ8s7Hd6Fg5aLp0oIu9Yt8Re7Wq6", "kJ8s7Hd6Fg5aLp0oIu9Yt8Re7Wq6"},
		{"RUN echo 'DefaultEndpointsProtocol=https;AccountKey=" + strings.Repeat("aB3/", 21) + "aw==;'", strings.Repeat("aB3/", 21) + "aw=="},
		{"RUN curl -ubob:hunter22 https://x", "hunter22"},
		{"RUN curl -fsSL --user bob:hunter22 https://x", "hunter22"},
		{"RUN curl -H 'X-Api-Key: hunter22' https://x", "hunter22"},
		{"RUN mysql -uroot -phunter22 -e 'select 1'", "hunter22"},
		{"RUN sshpass -p hunter22 ssh root@x", "hunter22"},
		{"RUN docker login -u bob -p hunter22 registry.example.com", "hunter22"},
		{"RUN echo 'root:hunter22' | chpasswd", "hunter22"},
		{"RUN chpasswd <<< root:hunter22", "hunter22"},
		{"RUN npm config set //registry.npmjs.org/:_authToken hunter22", "hunter22"},
		{"RUN cat <<EOF > /etc/x.yml\npassword: hunter22\nEOF", "hunter22"},
		{"HEALTHCHECK CMD [\"redis-cli\", \"-a\", \"hunter22\", \"ping\"]", "hunter22"},
		{"ENV SECRET_KEY=/kX9vT2mQ7pLw4Rz8NbYc1HsJ6dFgA3eUoIqWnM5t", "/kX9vT2mQ7pLw4Rz8NbYc1HsJ6dFgA3eUoIqWnM5t"},
		{"ENV DB_PASSWORD=$3cr3t!", "$3cr3t!"},
		{"RUN echo '" + strings.ReplaceAll(keyText, "\n", "\\n") + strings.ReplaceAll(keyText, "\n", "\\n") + "' > /k", "QyNTUxOQAAACDx"},
		{"RUN printf '-----BEGIN RSA PRIVATE KEY-----\\n" + strings.Repeat("MIIEow", 20) + "\\n-----END' > /k", strings.Repeat("MIIEow", 20)},
	}
}

func TestMask(t *testing.T) {
	m := newMatcher()
	for _, tt := range secretTexts() {
		got := maskText(&m, tt.text)
		if strings.Contains(got, tt.secret) || !strings.Contains(got, mask) {
			t.Errorf("%q masked as %q", tt.text, got)
		}
		if maskText(&m, got) != got {
			t.Errorf("%q masked again is %q", got, maskText(&m, got))
		}
	}
}

// What looks like a secret and is none.
func TestNoSecret(t *testing.T) {
	m := newMatcher()
	for _, text := range []string{
		"RUN GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305 gpg --recv-keys \"$GPG_KEY\"",
		"RUN echo 2c6a36c7b5a55accae063667ef3c55f2642e67476d96d355ff0acb13dbb47f09 *x.tgz | sha256sum -c",
		"RUN NODE_VERSION=20.11.1 YARN_VERSION=1.22.19 true",
		"RUN PASSWORD=$PASSWORD TOKEN=${TOKEN:-none} ./x --password \"$P\" --token-file /run/t",
		"RUN --mount=type=secret,id=npm,target=/root/.npmrc npm ci",
		"RUN MYSQL_ALLOW_EMPTY_PASSWORD=yes DEBIAN_FRONTEND=noninteractive apt-get install -y libsecret-1-0 passwd",
		"RUN adduser --disabled-password --gecos '' app && usermod -p '*' app",
		"RUN curl https://user@example.com:8080/path https://example.com/a:b@c",
		"RUN npm config set integrity=sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
		"RUN AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE true",
		"RUN PASSWORD=xxxxxxxx API_KEY=<your-key> TOKEN=changeme-example true",
		"RUN set -eux; savedAptMark=\"$(apt-mark showmanual)\"; gpgconf --kill all; rm -rf \"$GNUPGHOME\"",
		"RUN openssl req -passout pass: -keyout /k",
		"RUN mkdir -p /var/lib/mysql && chown -R mysql /var/lib/mysql && install -d -m 755 mysql -pv",
		"RUN tar -pxzf mysql.tar.gz && mysql -p$MYSQL_ROOT_PASSWORD -e x && mysqladmin -p ping",
		"RUN curl -u $USER:$PASS https://x && curl -u bob: https://x && curl -o /srv:data https://x/y:latest",
		"RUN echo \"root:$PASSWORD\" | chpasswd && useradd -m -p '' x && adduser login -p",
		"RUN docker login -u bob --password-stdin && docker login -p $TOKEN && npm config set //x/:_authToken ${TOKEN}",
		"RUN echo 'Password: required' && echo \"Enter token: please\" && printf 'secret: %s' x",
		"RUN test \"$1\" = x; PASSWORD=$1 TOKEN=$2, SECRET=$@ true",
		"ENV SECRET_KEY=/run/secrets/key TOKEN_DIR=/Var/Lib/Token2024/Files",
		"RUN TOKENIZERS_PARALLELISM=false KEYMAP=us MONKEY=business true",
	} {
		if spans := m.text(text); len(spans) > 0 {
			t.Errorf("%q: %q is taken for a secret (%s)", text, text[spans[0].start:spans[0].end], spans[0].kind)
		}
	}
}

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
	for _, s := range secretTexts() {
		secrets = append(secrets, s.secret)
		steps = append(steps, image.History{Created: at(2), CreatedBy: s.text, EmptyLayer: true})
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

// maskText returns the text with its secrets masked.
func maskText(m *matcher, s string) string { return masked(s, m.text(s)) }

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
