package service

import (
	"bufio"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"devops-go/internal/jsonenc"
	"devops-go/internal/sysinfo"
)

func TestProcsWithin(t *testing.T) {
	for pids, want := range map[int64]int{0: 0, 1: 1, 10: 1, 16: 2, 50: 11, 4096: 1022} {
		if got := procsWithin(pids); got != want {
			t.Errorf("%d: %d, want %d", pids, got, want)
		}
	}
}

func TestConnectionLimit(t *testing.T) {
	for _, tt := range []struct {
		set, memory int64
		cert        string
		want        int64
	}{
		{0, 0, "", 0}, {5, 0, "", 5}, {5, 64 << 20, "", 5}, {0, 16 << 20, "", 256}, {0, 64 << 20, "", 1792}, {0, 4 << 20, "", 64},
		{0, 0, "cert.pem", 0}, {5, 64 << 20, "cert.pem", 5}, {0, 16 << 20, "cert.pem", 128}, {0, 64 << 20, "cert.pem", 896},
	} {
		s := New(&Config{MaxConnections: tt.set, TLSCertFile: tt.cert}, Build{})
		s.info.Cgroup.Memory = tt.memory
		if got := s.connectionLimit(); got != tt.want {
			t.Errorf("MAX_CONNECTIONS=%d, TLS_CERT_FILE=%q and %d bytes: %d, want %d", tt.set, tt.cert, tt.memory, got, tt.want)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	t.Setenv("GOMEMLIMIT", "")
	setLimits(sysinfo.Limits{Memory: 100 << 20})
	if got := debug.SetMemoryLimit(-1); got != 90<<20 {
		t.Errorf("%d, want 90 %% of the cgroup's limit", got)
	}
}

func TestBucketsIncludeTheirBound(t *testing.T) {
	var m metrics
	m.init(1)
	m.observe(0, "GET", 200, 50*time.Microsecond)
	m.observe(0, "GET", 200, 50*time.Microsecond+1)
	if first, second := m.routes[0].buckets[0].Load(), m.routes[0].buckets[1].Load(); first != 1 || second != 1 {
		t.Errorf("%d and %d, want 1 and 1", first, second)
	}
}

// TestSnapshotHoldsForASecondOfUptime checks that an answer's uptime is not that
// of an earlier request in the same second of the clock.
func TestSnapshotHoldsForASecondOfUptime(t *testing.T) {
	s := New(new(Config), Build{})
	s.started = time.Date(2026, 1, 1, 0, 0, 0, 500_000_000, time.UTC)
	early, late := s.started.Add(600*time.Millisecond), s.started.Add(1100*time.Millisecond)
	s.snapshot(early)
	if late.Unix() != early.Unix() {
		t.Fatal("not the same second")
	}
	if got := s.snapshot(late).uptime; got != 1 {
		t.Errorf("uptime %d, want 1", got)
	}
}

func TestMasked(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"PATH", "/bin", "/bin"},
		{"DB_PASSWORD", "x", "***"},
		{"api_token", "x", "***"},
		{"Authorization", "Bearer x", "***"},
		{"Cookie", "a=b", "***"},
		{"TLS_KEY_FILE", "/pki/key.pem", "/pki/key.pem"},
		{"DATABASE_URL", "postgres://me:secret@db/x", "***"},
		{"HOME_PAGE", "https://example.org/", "https://example.org/"},
	} {
		if got := masked(tt.name, tt.value); got != tt.want {
			t.Errorf("%s=%s: %s, want %s", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestWantsPretty(t *testing.T) {
	for query, want := range map[string]bool{"pretty": true, "pretty=true": true, "a=b&pretty": true, "pretty=false": false, "pretty=0": false, "prettyx": false, "a=pretty": false} {
		if got := wantsPretty(query); got != want {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestTooManyIsAWholeAnswer(t *testing.T) {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(tooMany)), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	var b jsonenc.Buffer
	appendError(&b, resp.StatusCode, "too many connections: see MAX_CONNECTIONS", "")
	if err != nil || string(body) != string(b) || !strings.HasSuffix(tooMany, "\r\n\r\n"+string(b)) {
		t.Errorf("%v: %s, want %s", err, body, b)
	}
}
