package image_test

import (
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
