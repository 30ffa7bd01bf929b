package secret

import (
	"strings"
	"testing"
)

const keyText = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACDx\n-----END OPENSSH PRIVATE KEY-----\n"

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
		{"RUN stripe --key sk_live_abcdefABCDEF0123456789", "sk_live_abcdefABCDEF0123456789"},
		{"RUN x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"},
		{"RUN x DATA=kJ8s7Hd6Fg5aLp0oIu9Yt8Re7Wq6", "kJ8s7Hd6Fg5aLp0oIu9Yt8Re7Wq6"},
		{"RUN echo 'DefaultEndpointsProtocol=https;AccountKey=" + strings.Repeat("aB3/xY9+Kq", 8) + "aB3/aw==;'", strings.Repeat("aB3/xY9+Kq", 8) + "aB3/aw=="},
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
		{"RUN useradd -m -p hunter22 bob", "hunter22"},
		{"RUN usermod --password hunter22 bob", "hunter22"},
		{"RUN htpasswd -bc /etc/nginx/.htpasswd bob hunter22", "hunter22"},
		{"RUN htpasswd -nbB bob hunter22 > /x", "hunter22"},
		{"RUN openssl rsa -in k -passin pass:hunter22 -out o", "hunter22"},
		{"RUN openssl req -passout 'pass:hunter22' -x509", "hunter22"},
		{"RUN openssl passwd -1 hunter22", "hunter22"},
		{"RUN redis-cli -ahunter22 ping", "hunter22"},
		{"RUN aws configure set default.aws_secret_access_key hunter22hunter22", "hunter22hunter22"},
		{"RUN aws configure set aws_session_token FwoGZXIvYXdzEBYaDHqa0AP", "FwoGZXIvYXdzEBYaDHqa0AP"},
		{"RUN composer config -g http-basic.repo.x.com bob hunter22", "hunter22"},
		{"RUN composer config --global github-oauth.github.com hunter22hunter22", "hunter22hunter22"},
		{"RUN bundle config gems.x.com bob:hunter22", "hunter22"},
		{"RUN bundle config set --global gems.x.com hunter22", "hunter22"},
		{"RUN nuget sources add -Name x -Source https://x -UserName bob -Password hunter22", "hunter22"},
		{"RUN nuget setapikey hunter22 -Source x", "hunter22"},
		{"RUN dotnet nuget add source https://x -u bob -p x --password hunter22", "hunter22"},
		{"RUN keytool -import -storepass hunter22 -file x", "hunter22"},
		{"RUN cat > ~/.netrc <<EOF\nmachine x.com\n  login bob\n  password hunter22\nEOF", "hunter22"},
		{"RUN printf 'machine x.com\\nlogin bob\\npassword hunter22' > ~/.netrc", "hunter22"},
		{"RUN echo 'machine x.com login bob password hunter22' >> /root/.netrc", "hunter22"},
		{"RUN echo hunter22 | passwd --stdin root", "hunter22"},
		{"RUN echo 'hunter22' | docker login -u bob --password-stdin", "hunter22"},
		{"RUN echo hunter22 | sudo -S apt-get install x", "hunter22"},
		{"RUN mongo -u bob -p hunter22 db", "hunter22"},
		{"RUN ldapsearch -x -D cn=admin -w hunter22", "hunter22"},
		{"RUN smbclient //x/y -U bob%hunter22", "hunter22"},
		{"RUN zip -P hunter22 x.zip x", "hunter22"},
		{"RUN psql -c \"ALTER USER bob WITH PASSWORD 'hunter22'\"", "hunter22"},
		{"RUN mysql -e \"CREATE USER bob IDENTIFIED BY 'hunter22'\"", "hunter22"},
		{"RUN poetry config http-basic.x bob hunter22", "hunter22"},
		{"RUN cargo login hunter22hunter22", "hunter22hunter22"},
		{"RUN kubectl create secret generic x --from-literal=password=hunter22", "hunter22"},
		{"RUN rabbitmqctl add_user bob hunter22", "hunter22"},
		{"RUN git config http.extraheader 'AUTHORIZATION: bearer abcDEF12345'", "abcDEF12345"},
		{"SHELL [\"powershell\", \"ConvertTo-SecureString 'hunter22' -AsPlainText\"]", "hunter22"},
	}
}

func TestMask(t *testing.T) {
	m := NewMatcher()
	for _, tt := range secretTexts() {
		got := maskText(m, tt.text)
		if strings.Contains(got, tt.secret) || !strings.Contains(got, Masked) {
			t.Errorf("%q masked as %q", tt.text, got)
		}
		if maskText(m, got) != got {
			t.Errorf("%q masked again is %q", got, maskText(m, got))
		}
	}
}

// noSecrets are texts that look like secrets and are none.
func noSecrets() []string {
	return []string{
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
		"ENV TOKEN=replace-me PASSWORD=TODO SECRET=unset API_KEY=changeme DB_PASSWORD=aaaaaaaa ADMIN_PASSWORD=00000000 AUTH_TOKEN=__AUTH_TOKEN__",
		"ENV DB_PASSWORD=vault:secret/data/db#password API_TOKEN=ssm:/prod/token SECRET=projects/1/secrets/x/versions/2 PW_TOKEN=ENC(abcdef1234)",
		"ENV A_PASSWORD=#{password} B_PASSWORD=pre${x} C_SECRET=arn:aws:secretsmanager:eu:1:secret:x D_PASSWORD={{ .Values.x }} E_TOKEN=op://vault/x",
		"ENV CSRF_TOKEN_HEADER=X-Csrf-Token1 SESSION_SECRET_ENCRYPTION=aes-256-gcm1 SECRET_BACKEND=vault.Backend1 TOKEN_ISSUER=issuer1234 PASSWORD_HASHER=argon2id1",
		"ENV STRIPE_KEY=pk_live_abcdefABCDEF0123456789 RECAPTCHA_SITE_KEY=6LdAbCdEfGhIjKlMnOpQrStUvWxYz0123456789AB STRIPE_PUBLISHABLE_KEY=pk_test_0123456789abcdefABCDEF01",
		"RUN openssl rsa -passin env:PASS -passout file:/run/secrets/p && openssl passwd -stdin && openssl rand -hex 32",
		"RUN useradd -m -p \"$(openssl passwd x)\" bob && usermod -aG docker bob && useradd -u 1000 -g users -d /home/bob bob",
		"RUN htpasswd -i /x bob && bundle config set without 'development test' && bundle config --global silence_root_warning 1 && bundle config path vendor",
		"RUN composer config -g repo.packagist composer https://x && redis-cli ping && aws configure set region eu-central-1 && cargo login --help",
		"RUN echo $TOKEN | docker login -u bob --password-stdin && cat p | passwd --stdin root && unzip -q x.zip -d /opt && gzip -d x.gz",
		"RUN npm config set registry https://registry.npmjs.org/ && yarn config set network-timeout 600000 && pip config set global.timeout 60",
	}
}

func TestNoSecret(t *testing.T) {
	m := NewMatcher()
	for _, text := range noSecrets() {
		if spans := m.Find(text); len(spans) > 0 {
			t.Errorf("%q: %q is taken for a secret (%s)", text, text[spans[0].Start:spans[0].End], spans[0].Kind)
		}
	}
}

// maskText returns the text with its secrets masked.
func maskText(m *Matcher, s string) string { return Mask(s, m.Find(s)) }

// TestRandomLength: what looks random is from 24 to 512 bytes long.
func TestRandomLength(t *testing.T) {
	const alphabet = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYz"
	random := strings.Repeat(alphabet, 16)
	for _, tt := range []struct {
		length int
		want   bool
	}{{23, false}, {24, true}, {512, true}, {513, false}} {
		if got := looksRandom(random[:tt.length]); got != tt.want {
			t.Errorf("%d bytes: %v, want %v", tt.length, got, tt.want)
		}
	}
}
