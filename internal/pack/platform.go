package pack

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"devops-go/internal/image"
)

// The flags of ELF headers that say how floating point numbers are passed
// (the processor supplements of the System V ABI).
const (
	armSoftFloat = 0x200
	armHardFloat = 0x400

	riscvFloatABI  = 0x6
	riscvQuadFloat = 0x6
	riscvRVE       = 0x8

	ppc64ABI = 0x3
)

// headerFlags returns e_flags, which debug/elf keeps to itself.
func headerFlags(f *elf.File, header []byte) uint32 {
	offset := 0x24
	if f.Class == elf.ELFCLASS64 {
		offset = 0x30
	}
	if len(header) < offset+4 {
		return 0
	}
	return f.ByteOrder.Uint32(header[offset:])
}

// platform returns what a program runs on by its header. The goarm of a Go
// program says which ARM that is.
func platform(f *elf.File, flags uint32, goarm string) (image.Platform, error) {
	type kind struct {
		machine elf.Machine
		class   elf.Class
		data    elf.Data
	}
	p := image.Platform{OS: "linux"}
	switch (kind{f.Machine, f.Class, f.Data}) {
	case kind{elf.EM_X86_64, elf.ELFCLASS64, elf.ELFDATA2LSB}:
		p.Architecture = "amd64"
	case kind{elf.EM_386, elf.ELFCLASS32, elf.ELFDATA2LSB}:
		p.Architecture = "386"
	case kind{elf.EM_AARCH64, elf.ELFCLASS64, elf.ELFDATA2LSB}:
		p.Architecture = "arm64"
	case kind{elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2LSB}:
		p.Architecture = "arm"
		p.Variant = armVariant(f, flags, goarm)
	case kind{elf.EM_RISCV, elf.ELFCLASS64, elf.ELFDATA2LSB}:
		if flags&riscvRVE != 0 || flags&riscvFloatABI == riscvQuadFloat {
			return p, fmt.Errorf("for a RISC-V with another ABI than riscv64 has (ELF flags %#x)", flags)
		}
		p.Architecture = "riscv64"
	case kind{elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2LSB}:
		if flags&ppc64ABI == 1 {
			return p, errors.New("for PowerPC with version 1 of the ELF ABI, ppc64le has version 2")
		}
		p.Architecture = "ppc64le"
	case kind{elf.EM_S390, elf.ELFCLASS64, elf.ELFDATA2MSB}:
		p.Architecture = "s390x"
	case kind{elf.EM_LOONGARCH, elf.ELFCLASS64, elf.ELFDATA2LSB}:
		p.Architecture = "loong64"
	default:
		return p, hint(fmt.Errorf("for %s, %d bits, %s, which is no platform that is packed here",
			strings.TrimPrefix(f.Machine.String(), "EM_"), bits(f.Class), endianness(f.Data)),
			"packed are amd64, arm64, arm/v5 to v7, 386, riscv64, ppc64le, s390x and loong64")
	}
	return p, nil
}

func bits(c elf.Class) int {
	if c == elf.ELFCLASS64 {
		return 64
	}
	return 32
}

func endianness(d elf.Data) string {
	if d == elf.ELFDATA2MSB {
		return "big-endian"
	}
	return "little-endian"
}

// armVariant tells v5, v6 and v7 apart: by what a Go program was built for, by
// the attributes that compilers leave, else by the way floating point numbers
// are passed: distributions have hard floats from v7 on and soft ones on v5.
func armVariant(f *elf.File, flags uint32, goarm string) string {
	if version, _, _ := strings.Cut(goarm, ","); version != "" {
		return "v" + version
	}
	if s := f.Section(".ARM.attributes"); s != nil {
		if b, err := s.Data(); err == nil {
			if v := attributesVariant(b, f.ByteOrder); v != "" {
				return v
			}
		}
	}
	if flags&armSoftFloat != 0 && flags&armHardFloat == 0 {
		return "v5"
	}
	return "v7"
}

// attributesVariant reads Tag_CPU_arch out of build attributes ("Addenda to,
// and Errata in, the ABI for the Arm Architecture", 2.3); "" where there is
// none.
func attributesVariant(b []byte, order binary.ByteOrder) string {
	// 'A', then one vendor's subsection: length, name, the tag of the whole
	// file, its length, and the attributes.
	if len(b) < 5 || b[0] != 'A' {
		return ""
	}
	b = b[1:min(len(b), 1+int(order.Uint32(b[1:])&0xffff))]
	name := []byte("aeabi\x00")
	if len(b) < 4+len(name)+5 || !bytes.Equal(b[4:4+len(name)], name) || b[4+len(name)] != 1 {
		return ""
	}
	for b = b[4+len(name)+5:]; len(b) > 0; {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return ""
		}
		b = b[n:]
		if tag == 4 || tag == 5 || tag > 32 && tag%2 == 1 { // a text
			end := bytes.IndexByte(b, 0)
			if end < 0 {
				return ""
			}
			b = b[end+1:]
			continue
		}
		value, n := binary.Uvarint(b)
		if n <= 0 {
			return ""
		}
		if b = b[n:]; tag == 6 {
			return cpuVariant(value)
		}
	}
	return ""
}

// cpuVariant turns a Tag_CPU_arch into a variant.
func cpuVariant(arch uint64) string {
	switch {
	case arch >= 3 && arch <= 5:
		return "v5"
	case arch >= 6 && arch <= 9:
		return "v6"
	case arch == 10 || arch == 13:
		return "v7"
	case arch == 14:
		return "v8"
	}
	return ""
}
