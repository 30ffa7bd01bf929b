package service

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestHumanUptime(t *testing.T) {
	for _, tt := range []struct {
		seconds int64
		want    string
	}{
		{0, "0 hours, 0 minutes"},
		{59, "0 hours, 0 minutes"},
		{60, "0 hours, 1 minute"},
		{3660, "1 hour, 1 minute"},
		{7320, "2 hours, 2 minutes"},
		{90061, "25 hours, 1 minute"},
	} {
		if got := humanUptime(tt.seconds); got != tt.want {
			t.Errorf("%d: %s, want %s", tt.seconds, got, tt.want)
		}
	}
}

func TestLoopbackHost(t *testing.T) {
	for host, want := range map[string]string{
		"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1", "127.0.0.2": "127.0.0.2", "localhost": "localhost", "192.0.2.1": "192.0.2.1",
	} {
		c := new(Config)
		if err := setHost(c, host); err != nil {
			t.Fatal(err)
		}
		if got := c.LoopbackHost(); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

func TestSampleEscapesLabels(t *testing.T) {
	var e exposition
	e.sample("m", 1.5, "a", "x\"y\\z\nw", "b", "")
	if got, want := string(e.buf), `m{a="x\"y\\z\nw",b=""} 1.5`+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestUncommonCodesAreCounted(t *testing.T) {
	s := New(new(Config), Build{})
	for _, code := range countedCodes {
		for _, method := range append(countedMethods[:], "BREW", "") {
			s.metrics.observe(len(s.routes), method, code, 0)
		}
	}
}

// FuzzConfig checks that what is taken is within its bounds, and that what isn't
// is told with the variable's name.
func FuzzConfig(f *testing.F) {
	f.Add("HOST", "::1")
	f.Add("PORT", "65536")
	f.Add("DRAIN_DELAY", "-1ns")
	f.Add("TRUSTED_PROXIES", "10.0.0.0/8,,::1/0")
	f.Add("LOG_FORMAT", "JSON")
	f.Fuzz(func(t *testing.T, name, value string) {
		c, _, err := Flags(func(key string) string {
			if key == name {
				return value
			}
			return ""
		}, false)
		if err != nil {
			if !strings.HasPrefix(err.Error(), name+"=") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", name, err)
			}
			return
		}
		if c.DrainDelay < 0 || c.ShutdownTimeout < 0 || c.Port == "0" || c.Host == "" {
			t.Errorf("%s=%q: %+v", name, value, c)
		}
	})
}

// FuzzRecord checks that a line of log is one line, and in JSON an object that
// gives back what was logged.
func FuzzRecord(f *testing.F) {
	f.Add("key", "value", true)
	f.Add("a\nb", "x=\"\\\x00\xff", false)
	f.Fuzz(func(t *testing.T, msg, value string, text bool) {
		var out bytes.Buffer
		l := &logger{w: &out, text: text}
		l.record("info", msg).str("value", value).int("n", -1).write()
		line, rest, ok := strings.Cut(out.String(), "\n")
		if !ok || rest != "" {
			t.Fatalf("not one line: %q", out.String())
		}
		if text {
			if !strings.HasPrefix(line, "time=") || !strings.HasSuffix(line, " n=-1") {
				t.Errorf("%q", line)
			}
			return
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		if got["msg"] != string([]rune(msg)) || got["value"] != string([]rune(value)) || got["n"] != float64(-1) {
			t.Errorf("%q: %v", line, got)
		}
	})
}

// FuzzClientIP checks that a stranger is never believed, and that the answer is
// always an address.
func FuzzClientIP(f *testing.F) {
	f.Add("10.0.0.1:1", "203.0.113.7, 10.0.0.2")
	f.Add("[::1%lo]:1", "::ffff:1.2.3.4")
	f.Add("203.0.113.9:80", "10.0.0.1")
	s := New(&Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::/0")}}, Build{})
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		got := s.clientIP(&http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}})
		peer, err := netip.ParseAddrPort(remote)
		if err != nil {
			return
		}
		if _, err := netip.ParseAddr(got); err != nil {
			t.Errorf("%q, %q: %q", remote, forwarded, got)
		}
		if !s.isProxy(peer.Addr().Unmap()) && got != peer.Addr().Unmap().String() {
			t.Errorf("%q, %q: %q was believed", remote, forwarded, got)
		}
	})
}
