package audit

import (
	"archive/tar"
	"encoding/hex"
	"testing"

	it "devops-go/internal/imagetest"
)

// Attributes that setcap wrote, and damaged ones.
func TestParseCapability(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"0100000200200000000000000000000000000000", "cap_net_raw=ep"},
		{"0000000202000000000000000000000000000000", "cap_dac_override=p"},
		{"0100000200040000000400000000000000000000", "cap_net_bind_service=eip"},
		{"0000000200000000000400000000000000000000", "cap_net_bind_service=i"},
		{"010000030000200000000000000000000000000001000000", "cap_sys_admin=ep"},
		{"010000028000000000000000c000000000000000", "cap_setuid,cap_perfmon,cap_bpf=ep"},
		{"0100000140000000" + "00000000", "cap_setgid=ep"},
		{"0100000200000000000000000000008000000000", "63=ep"},
		{"", "none"},
		{"0100", "none"},
		{"01000002002000000000000000000000000000", "none"},
		{"0100000900200000000000000000000000000000", "none"},
	} {
		value, err := hex.DecodeString(tt.value)
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseCapability(string(value))
		got := c.String()
		if err != nil {
			got = "none"
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.value, got, tt.want)
		}
	}
}

// capable is the entry with a capability: cap_net_raw=ep.
func capable(e it.Entry, value string) it.Entry {
	e.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": value}
	return e
}

const netRaw = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// Of several names of one file, the last says its mode and its attributes.
func TestHardLinks(t *testing.T) {
	link := func(mode int64) it.Entry { return moded(it.Link("bin/y", "bin/x"), mode) }
	device := it.Entry{Header: tar.Header{Typeflag: tar.TypeBlock, Name: "x", Mode: 0o600, Devmajor: 8}}
	for _, tt := range []struct {
		name, rule, path string
		entries          []it.Entry
	}{
		{"set-uid by the second name", "TARE-F001", "/bin/y", files(it.File("bin/x", "x"), link(0o4755))},
		{"set-uid taken by the second name", "TARE-F001", "", files(moded(it.File("bin/x", "x"), 0o4755), link(0o755))},
		{"set-uid script", "TARE-F001", "/bin/x", files(moded(it.File("bin/x", "#!/app\n"), 0o4755))},
		{"writable by the second name", "TARE-F002", "/bin/y", files(it.File("bin/x", "x"), link(0o666))},
		{"capability by the second name", "TARE-F019", "/bin/y", files(it.File("bin/x", "x"), capable(link(0o755), netRaw))},
		{"capability lost with the second name", "TARE-F019", "", files(capable(it.File("bin/x", "x"), netRaw), link(0o755))},
		{"capability that is none", "TARE-F019", "/bin/x", files(capable(it.File("bin/x", "x"), "none"))},
		{"device by its second name", "TARE-F017", "/y", files(it.Link("y", "x"))},
	} {
		entries := tt.entries
		if tt.rule == "TARE-F017" {
			entries = append(files(device), entries...)
		}
		found := of(judge(t, with(ran("x"), entries), Options{}), tt.rule)
		if tt.path == "" && len(found) > 0 || tt.path != "" && (len(found) == 0 || found[len(found)-1].Path != tt.path) {
			t.Errorf("%s: %+v, want one at %q", tt.name, found, tt.path)
		}
	}
}
