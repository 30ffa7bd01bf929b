package image_test

import (
	"encoding/json"
	"slices"
	"testing"

	"devops-go/internal/image"
)

// instructions are records as the builders write them, and the Dockerfile's
// lines.
var instructions = []struct{ createdBy, want string }{
	{"", ""},
	// The classic builder.
	{`/bin/sh -c #(nop)  CMD ["/bin/sh"]`, `CMD ["/bin/sh"]`},
	{`/bin/sh -c #(nop) CMD ["/bin/sh"]`, `CMD ["/bin/sh"]`},
	{`/bin/sh -c #(nop) ADD file:37a76ec18f9887751cd8473744917d08b7431fc4085097bb6a09d81b41775473 in / `, `ADD file:37a76ec18f9887751cd8473744917d08b7431fc4085097bb6a09d81b41775473 /`},
	{`/bin/sh -c #(nop) COPY dir:0a1b in /srv `, `COPY dir:0a1b /srv`},
	{`/bin/sh -c #(nop) COPY multi:0a1b in /srv/`, `COPY multi:0a1b /srv/`},
	{`/bin/sh -c #(nop)  ENV PATH=/usr/local/bin:/bin`, `ENV PATH=/usr/local/bin:/bin`},
	{`/bin/sh -c #(nop)  EXPOSE 80/tcp`, `EXPOSE 80/tcp`},
	{`/bin/sh -c #(nop)  VOLUME [/var/lib/postgresql/data]`, `VOLUME ["/var/lib/postgresql/data"]`},
	{`/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "curl -f http://localhost/ || exit 1"] "30s" "3s" "0s" '\x03'}`, `HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD curl -f http://localhost/ || exit 1`},
	{`/bin/sh -c apk add --no-cache curl`, `RUN apk add --no-cache curl`},
	{`|1 VERSION=1.2 /bin/sh -c echo $VERSION`, `RUN echo $VERSION`},
	{`|2 A=x y B=z /bin/sh -c make all`, `RUN make all`},
	{`|1 A=/bin/sh /bin/bash -o pipefail -c make | tee log`, `RUN make | tee log`},
	{`|1 A=b make all`, `RUN make all`},
	{`|x A=b make all`, `RUN |x A=b make all`},
	{`/bin/bash -o pipefail -c set -eux; make`, `RUN set -eux; make`},
	{`/bin/sh -ec make`, `RUN make`},
	{`cmd /S /C dir`, `RUN dir`},
	{`powershell -Command Get-Item C:\`, `RUN Get-Item C:\`},
	// BuildKit.
	{`RUN /bin/sh -c apk add git # buildkit`, `RUN apk add git`},
	{`RUN |1 TARGETARCH=amd64 /bin/sh -c go build # buildkit`, `RUN go build`},
	{`RUN |1 FLAGS=-s -w /bin/sh -c go build # buildkit`, `RUN go build`},
	{`RUN /app --version # buildkit`, `RUN /app --version`},
	{"RUN /bin/sh -c <<EOF\nmake\nEOF # buildkit", "RUN <<EOF\nmake\nEOF"},
	{`COPY /out/app /app # buildkit`, `COPY /out/app /app`},
	{`COPY file:in in /x # buildkit`, `COPY file:in /x`},
	{`COPY a in b # buildkit`, `COPY a in b`},
	{`WORKDIR /src`, `WORKDIR /src`},
	{`USER 65532:65532`, `USER 65532:65532`},
	{`ENTRYPOINT ["/app"]`, `ENTRYPOINT ["/app"]`},
	{`EXPOSE map[443/tcp:{} 80/tcp:{}]`, `EXPOSE 443/tcp 80/tcp`},
	{`EXPOSE [8080/tcp]`, `EXPOSE 8080/tcp`},
	{`VOLUME [/a /b]`, `VOLUME ["/a", "/b"]`},
	{`SHELL [/bin/bash -o pipefail -c]`, `SHELL ["/bin/bash", "-o", "pipefail", "-c"]`},
	{`HEALTHCHECK &{["CMD" "/app" "healthcheck"] "30s" "5s" "5s" "0s" '\x03'}`, `HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["/app", "healthcheck"]`},
	{`HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" '\x00'}`, `HEALTHCHECK NONE`},
	{`HEALTHCHECK &{broken`, `HEALTHCHECK &{broken`},
	{`CMD ["/app" "a b" "q\"q"]`, `CMD ["/app", "a b", "q\"q"]`},
	{`ENTRYPOINT ["/bin/sh" "-c" "a && b > c\x1b"]`, `ENTRYPOINT ["/bin/sh", "-c", "a && b > c\u001b"]`},
	{`CMD []`, `CMD []`},
	{`CMD ["cut" "off`, `CMD ["cut" "off`},
	{`/bin/sh -c #(nop) CMD [/bin/sh -c]`, `CMD ["/bin/sh", "-c"]`},
	{`VOLUME [/data dir /b]`, `VOLUME ["/data dir", "/b"]`},
	{`VOLUME [C:\data D:\b]`, `VOLUME ["C:\\data", "D:\\b"]`},
	{`HEALTHCHECK {Test:[CMD-SHELL curl -f http://x/ || exit 1] Interval:1m30s Timeout:1m0s StartPeriod:0s StartInterval:2h0m0s Retries:3}`, `HEALTHCHECK --interval=1m30s --timeout=1m --start-interval=2h --retries=3 CMD curl -f http://x/ || exit 1`},
	{`HEALTHCHECK {Test:[CMD /app [x] y] Interval:0s Timeout:0s StartPeriod:5s StartInterval:0s Retries:0}`, `HEALTHCHECK --start-period=5s CMD ["/app", "[x]", "y"]`},
	{`HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}`, `HEALTHCHECK NONE`},
	{`HEALTHCHECK &{["CMD-SHELL" "[ -f /x ] && y"] "0s" "0s" "0s" '\x00'}`, `HEALTHCHECK CMD [ -f /x ] && y`},
	{`HEALTHCHECK {Test:[CMD x}`, `HEALTHCHECK {Test:[CMD x}`},
	{`HEALTHCHECK {Test:[] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}`, `HEALTHCHECK {Test:[] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}`},
	{`ENV A=x y B=z`, `ENV A=x y B=z`}, // without a configuration
	// podman records what was written.
	{`/bin/sh -c #(nop) HEALTHCHECK --interval=30s --retries=3 CMD curl -f "http://x/" || exit 1`, `HEALTHCHECK --interval=30s --retries=3 CMD curl -f "http://x/" || exit 1`},
	{`/bin/sh -c #(nop) VOLUME ["/data dir", "/b"]`, `VOLUME ["/data dir", "/b"]`},
	{`/bin/sh -c #(nop) CMD sh -c "x"`, `CMD sh -c "x"`},
	// Others.
	{`/hello world`, `RUN /hello world`},
	{`bazel build ...`, `bazel build ...`},
	{`buildpacksio/lifecycle:0.17`, `buildpacksio/lifecycle:0.17`},
}

func TestInstruction(t *testing.T) {
	for _, tt := range instructions {
		if got := (image.History{CreatedBy: tt.createdBy}).Instruction(); got != tt.want {
			t.Errorf("%q\n got %q\nwant %q", tt.createdBy, got, tt.want)
		}
	}
}

// configured are records whose image is configured as the test says.
var configured = []struct{ createdBy, want string }{
	{`ENV A=x y B=z`, `ENV A="x y" B=z`},
	{`ENV PAIRS=a=1 b=2 B=z`, `ENV PAIRS="a=1 b=2" B=z`},
	{`ENV PAIRS=other words B=z`, `ENV PAIRS="other words" B=z`}, // the value was another then
	{`ENV Q=a "q" \ $d`, `ENV Q="a \"q\" \\ \$d"`},
	{`ENV EMPTY= B=z`, `ENV EMPTY= B=z`},
	{`ENV B=y`, `ENV B=y`},
	{`ENV GONE=-s -w`, `ENV GONE="-s -w"`},
	{`ENV GONE=a$b`, `ENV GONE=a$b`},
	{`ENV A x y`, `ENV A x y`},
	{`/bin/sh -c #(nop) ENV A="x y" B=z`, `ENV A="x y" B=z`},
	{`/bin/sh -c #(nop) ENV A=x\ y`, `ENV A=x\ y`},
	{`LABEL org.example.title=Hello world n=1`, `LABEL org.example.title="Hello world" n=1`},
	{`LABEL two words=x y`, `LABEL "two words"="x y"`},
	{`VOLUME [/data /dir /b]`, `VOLUME ["/data /dir", "/b"]`},
	{`SHELL [/bin/my shell -c]`, `SHELL ["/bin/my shell", "-c"]`},
	{`SHELL [/bin/sh -c]`, `SHELL ["/bin/sh", "-c"]`},
	{`CMD [a b c]`, `CMD ["a b", "c"]`},
	{`ENTRYPOINT [a b c]`, `ENTRYPOINT ["a", "b c"]`},
	{`HEALTHCHECK {Test:[CMD /app the check] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}`, `HEALTHCHECK CMD ["/app", "the check"]`},
	{`HEALTHCHECK {Test:[CMD /app other] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}`, `HEALTHCHECK CMD ["/app", "other"]`},
}

func TestInstructionIn(t *testing.T) {
	c := image.RunConfig{
		Env:         []string{"A=x y", "B=z", "PAIRS=a=1 b=2", `Q=a "q" \ $d`, "EMPTY="},
		Labels:      map[string]string{"org.example.title": "Hello world", "n": "1", "two words": "x y"},
		Volumes:     map[string]struct{}{"/data /dir": {}, "/data": {}},
		Shell:       []string{"/bin/my shell", "-c"},
		Cmd:         []string{"a b", "c"},
		Entrypoint:  []string{"a", "b c"},
		Healthcheck: &image.Healthcheck{Test: []string{"CMD", "/app", "the check"}},
	}
	for _, tt := range configured {
		if got := (image.History{CreatedBy: tt.createdBy}).InstructionIn(&c); got != tt.want {
			t.Errorf("%q\n got %q\nwant %q", tt.createdBy, got, tt.want)
		}
	}
}

// TestConfigAsWritten: what tools write that isn't what the specification has.
func TestConfigAsWritten(t *testing.T) {
	var c image.Config
	err := json.Unmarshal([]byte(`{"created":"","os":"linux","config":{"Cmd":"sh","Entrypoint":["a","b"],"Shell":null},
		"history":[{"created":"","created_by":"x"},{"created":"2024-05-01T00:00:00Z"},null]}`), &c)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case c.Created != nil, c.OS != "linux", len(c.History) != 3, c.History[0].Created != nil, c.History[0].CreatedBy != "x":
		t.Errorf("%+v", c)
	case c.History[1].Created == nil || c.History[1].Created.Year() != 2024:
		t.Errorf("created %v", c.History[1].Created)
	case !slices.Equal(c.Command(), []string{"a", "b", "sh"}):
		t.Errorf("command %q", c.Command())
	}
	for _, wrong := range []string{`{"created":"yesterday"}`, `{"config":{"Cmd":1}}`, `{"history":[{"created":1}]}`} {
		if err := json.Unmarshal([]byte(wrong), new(image.Config)); err == nil {
			t.Errorf("%s: no error", wrong)
		}
	}
}
