package elfinfo

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"testing"
)

// The tests' own program tells what it is.
func TestRead(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if p.CheckProgram() != nil || !p.Static() || p.Build == nil || p.System != "linux" || p.Damage != nil || p.Setting("GOOS") != "linux" {
		t.Errorf("%+v", p)
	}
	if architecture, _, err := p.Platform(); err != nil || architecture != p.Setting("GOARCH") || architecture != p.Architecture() || !p.RunsOn(architecture) {
		t.Errorf("for %s, %v", architecture, err)
	}
}

// dynamic is a position-independent file without an interpreter, whose dynamic
// section has those flags.
func dynamic(flags elf.DynFlag1) []byte {
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.LittleEndian, v) }
	put(elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1}, Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64),
		Version: 1, Entry: 64, Shoff: 64, Ehsize: 64, Shentsize: 64, Shnum: 4, Shstrndx: 1,
	})
	const end = 64 + 4*64
	put([]elf.Section64{
		{},
		{Type: uint32(elf.SHT_STRTAB), Off: end, Size: 1},
		{Type: uint32(elf.SHT_STRTAB), Off: end, Size: 1},
		{Type: uint32(elf.SHT_DYNAMIC), Off: end + 8, Size: 32, Link: 2, Entsize: 16},
	})
	put([8]byte{})
	put([]elf.Dyn64{{Tag: int64(elf.DT_FLAGS_1), Val: uint64(flags)}, {}})
	return b.Bytes()
}

// A static position-independent executable is told from a library by its mark.
func TestStaticPIE(t *testing.T) {
	for flags, want := range map[elf.DynFlag1]string{elf.DF_1_PIE | elf.DF_1_NOW: "<nil>", elf.DF_1_NOW: "a shared library, not a program"} {
		f, err := Read(bytes.NewReader(dynamic(flags)))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(f.CheckProgram()); got != want {
			t.Errorf("with flags %v: %s, want %s", flags, got, want)
		}
	}
}

// What isn't ELF is named, where it is known.
func TestNotELF(t *testing.T) {
	for content, want := range map[string]string{"": "", "x": "", "#!/bin/sh\n": "a script", "MZ\x90": "a Windows program"} {
		_, err := Read(bytes.NewReader([]byte(content)))
		if e, ok := errors.AsType[*NotELFError](err); !ok || e.What != want {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// Whatever a file says, there is an answer, and the bytes of debug information
// are never fewer than none.
func FuzzRead(f *testing.F) {
	f.Add([]byte(Magic))
	f.Add(dynamic(elf.DF_1_PIE))
	f.Add([]byte(Magic + "\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00\x01\x00\x00\x00" + string(make([]byte, 44))))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if _, _, err := p.Platform(); err == nil && !p.RunsOn(p.Architecture()) {
			t.Errorf("doesn't run on its own platform %s", p.Architecture())
		}
		if p.Debug < 0 {
			t.Errorf("%d bytes of debug information", p.Debug)
		}
	})
}
