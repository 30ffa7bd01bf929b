package pack

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"strings"
	"testing"
)

// An elfProgram is a small executable made in code: a header, an interpreter
// and a note where they are asked for, and nothing to run.
type elfProgram struct {
	machine uint16
	class   byte // 1 is 32 bits, 2 is 64
	data    byte // 1 is little-endian, 2 is big-endian
	abi     byte
	kind    elf.Type // ET_EXEC by default
	flags   uint32
	interp  string
	note    string
	load    string
}

var linuxAMD64 = elfProgram{machine: 62, class: 2, data: 1}

func (p elfProgram) bytes() []byte {
	var order binary.AppendByteOrder = binary.LittleEndian
	if p.data == 2 {
		order = binary.BigEndian
	}
	if p.kind == 0 {
		p.kind = elf.ET_EXEC
	}
	wide := p.class == 2
	word := func(b []byte, v uint64) []byte {
		if wide {
			return order.AppendUint64(b, v)
		}
		return order.AppendUint32(b, uint32(v))
	}
	headerSize, progSize := 52, 32
	if wide {
		headerSize, progSize = 64, 56
	}
	var progs, content []byte
	segments := 0
	segment := func(kind elf.ProgType, body string) {
		if body == "" {
			return
		}
		offset := uint64(headerSize + 2*progSize + len(content))
		progs = order.AppendUint32(progs, uint32(kind))
		if wide {
			progs = order.AppendUint32(progs, 4)
		}
		for _, v := range []uint64{offset, offset, offset, uint64(len(body)), uint64(len(body))} {
			progs = word(progs, v)
		}
		if !wide {
			progs = order.AppendUint32(progs, 4)
		}
		progs = word(progs, 1)
		content = append(content, body...)
		segments++
	}
	segment(elf.PT_INTERP, p.interp)
	segment(elf.PT_NOTE, p.note)
	segment(elf.PT_LOAD, p.load)
	b := append([]byte("\x7fELF"), p.class, p.data, 1, p.abi, 0, 0, 0, 0, 0, 0, 0, 0)
	b = order.AppendUint16(b, uint16(p.kind))
	b = order.AppendUint16(b, p.machine)
	b = order.AppendUint32(b, 1)
	for _, v := range []uint64{0, uint64(headerSize), 0} {
		b = word(b, v)
	}
	b = order.AppendUint32(b, p.flags)
	for _, v := range []int{headerSize, progSize, segments, 0, 0, 0} {
		b = order.AppendUint16(b, uint16(v))
	}
	b = append(b, progs...)
	b = append(b, make([]byte, headerSize+2*progSize-len(b))...)
	return append(b, content...)
}

func TestPlatform(t *testing.T) {
	for _, tt := range []struct {
		name    string
		program elfProgram
		want    string
		err     string
	}{
		{"amd64", linuxAMD64, "linux/amd64", ""},
		{"386", elfProgram{machine: 3, class: 1, data: 1}, "linux/386", ""},
		{"arm64", elfProgram{machine: 183, class: 2, data: 1}, "linux/arm64", ""},
		{"arm, hard float", elfProgram{machine: 40, class: 1, data: 1, flags: 0x5000400}, "linux/arm/v7", ""},
		{"arm, soft float", elfProgram{machine: 40, class: 1, data: 1, flags: 0x5000200}, "linux/arm/v5", ""},
		{"arm, said to have both floats", elfProgram{machine: 40, class: 1, data: 1, flags: 0x5000600}, "linux/arm/v7", ""},
		{"riscv64", elfProgram{machine: 243, class: 2, data: 1, flags: 5}, "linux/riscv64", ""},
		{"ppc64le", elfProgram{machine: 21, class: 2, data: 1, flags: 2}, "linux/ppc64le", ""},
		{"s390x", elfProgram{machine: 22, class: 2, data: 2}, "linux/s390x", ""},
		{"loong64", elfProgram{machine: 258, class: 2, data: 1, flags: 0x43}, "linux/loong64", ""},
		{"linux by its ABI", elfProgram{machine: 62, class: 2, data: 1, abi: 3}, "linux/amd64", ""},

		{"x32", elfProgram{machine: 62, class: 1, data: 1}, "", "X86_64, 32 bits, little-endian"},
		{"big-endian arm64", elfProgram{machine: 183, class: 2, data: 2}, "", "AARCH64, 64 bits, big-endian"},
		{"big-endian ppc64", elfProgram{machine: 21, class: 2, data: 2}, "", "PPC64, 64 bits, big-endian"},
		{"ppc64le of the old ABI", elfProgram{machine: 21, class: 2, data: 1, flags: 1}, "", "version 1 of the ELF ABI"},
		{"riscv32", elfProgram{machine: 243, class: 1, data: 1}, "", "RISCV, 32 bits"},
		{"riscv of quad floats", elfProgram{machine: 243, class: 2, data: 1, flags: 6}, "", "another ABI"},
		{"mips", elfProgram{machine: 8, class: 1, data: 2}, "", "MIPS"},
		{"freebsd by its ABI", elfProgram{machine: 62, class: 2, data: 1, abi: 9}, "", "for freebsd, not for Linux"},
		{"netbsd by a note", elfProgram{machine: 62, class: 2, data: 1, note: "\x07\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00NetBSD\x00\x00\x00\x00\x00\x00"}, "", "for NetBSD"},
		{"shared library", elfProgram{machine: 62, class: 2, data: 1, kind: elf.ET_DYN}, "", "shared library"},
		{"object file", elfProgram{machine: 62, class: 2, data: 1, kind: elf.ET_REL}, "", "object file"},
		{"core dump", elfProgram{machine: 62, class: 2, data: 1, kind: elf.ET_CORE}, "", "core dump"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := readExecutable(bytes.NewReader(tt.program.bytes()))
			switch {
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("error %v, want %s", err, tt.err)
			case tt.err == "" && err != nil:
				t.Error(err)
			case tt.err == "" && e.Platform.String() != tt.want:
				t.Errorf("platform %s, want %s", e.Platform, tt.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	loaded := elfProgram{machine: 62, class: 2, data: 1, load: "123456789 "}.bytes()
	dynamic := elfProgram{machine: 62, class: 2, data: 1, interp: "/lib64/ld-linux-x86-64.so.2\x00"}
	for _, tt := range []struct {
		name    string
		content []byte
		mode    os.FileMode
		err     string
	}{
		{"empty", nil, 0o755, "not an ELF file"},
		{"script", []byte("#!/bin/sh\n"), 0o755, "a script"},
		{"windows", []byte("MZ\x90\x00"), 0o755, "a Windows program"},
		{"macos", []byte("\xcf\xfa\xed\xfe"), 0o755, "a macOS program"},
		{"cut", linuxAMD64.bytes()[:20], 0o755, "not a readable ELF file"},
		{"cut, without sections", loaded[:len(loaded)-1], 0o755, "cut short: a segment ends at byte 186"},
		{"not executable", linuxAMD64.bytes(), 0o644, "not executable"},
		{"dynamic", dynamic.bytes(), 0o755, "it needs /lib64/ld-linux-x86-64.so.2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := OpenExecutable(write(t, "program", tt.content, tt.mode))
			if err == nil {
				err = (&Spec{Executables: []*Executable{e}}).check()
			}
			if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), "program") {
				t.Errorf("error %v, want %s", err, tt.err)
			}
		})
	}
	if _, err := OpenExecutable(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("directory: %v", err)
	}
	twice := Spec{Executables: []*Executable{program(t, "a", linuxAMD64), program(t, "b", linuxAMD64)}}
	if err := twice.check(); err == nil || !strings.Contains(err.Error(), "both for linux/amd64") {
		t.Errorf("two of one platform: %v", err)
	}
}

func FuzzExecutable(f *testing.F) {
	f.Add(linuxAMD64.bytes())
	f.Add(elfProgram{machine: 40, class: 1, data: 1, interp: "/lib/ld.so"}.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := readExecutable(bytes.NewReader(b))
		if err == nil && (e.Platform.OS != "linux" || e.Platform.Architecture == "") {
			t.Errorf("platform %s", e.Platform)
		}
	})
}
