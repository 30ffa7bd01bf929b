package elfinfo

import (
	"debug/elf"
	"encoding/binary"
	"testing"
)

// TestAttributes reads the processor out of ARM's build attributes.
func TestAttributes(t *testing.T) {
	section := func(attributes string) []byte {
		body := "aeabi\x00\x01\x00\x00\x00\x00" + attributes
		return append(binary.LittleEndian.AppendUint32([]byte{'A'}, uint32(4+len(body))), body...)
	}
	for _, tt := range []struct {
		attributes string
		want       string
	}{
		{"\x06\x0a", "v7"},
		{"\x05cortex-a8\x00\x06\x0a", "v7"},
		{"\x06\x06", "v6"},
		{"\x06\x09", "v6"},
		{"\x06\x0c", ""},
		{"\x06\x05", "v5"},
		{"\x06\x0e", "v8"},
		{"\x05never ends", ""},
		{"", ""},
	} {
		if got := attributesVariant(section(tt.attributes), binary.LittleEndian); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.attributes, got, tt.want)
		}
	}
}

func TestRunsOn(t *testing.T) {
	for _, tt := range []struct {
		machine      elf.Machine
		architecture string
		want         bool
	}{
		{elf.EM_X86_64, "amd64", true}, {elf.EM_386, "amd64", true}, {elf.EM_X86_64, "386", false}, {elf.EM_AARCH64, "arm64", true},
		{elf.EM_ARM, "arm64", false}, {elf.EM_PPC64, "ppc64le", true}, {elf.EM_PPC64, "ppc64", false}, {elf.EM_X86_64, "unheard-of", true},
	} {
		p := File{Machine: tt.machine, Order: elf.ELFDATA2LSB}
		if got := p.RunsOn(tt.architecture); got != tt.want {
			t.Errorf("%v on %s: %v", tt.machine, tt.architecture, got)
		}
	}
}
