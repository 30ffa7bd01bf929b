package elfinfo

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
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

// A MachineError says that there is no platform of images for a machine.
type MachineError struct {
	Machine elf.Machine
	Class   elf.Class
	Order   elf.Data
}

func (e *MachineError) Error() string {
	return fmt.Sprintf("for %s, %d bits, %s, which is no platform of images",
		strings.TrimPrefix(e.Machine.String(), "EM_"), bits(e.Class), endianness(e.Order))
}

// machines are the architectures of images, in the words that images use.
var machines = map[string]struct {
	machine elf.Machine
	class   elf.Class
	order   elf.Data
}{
	"amd64":   {elf.EM_X86_64, elf.ELFCLASS64, elf.ELFDATA2LSB},
	"386":     {elf.EM_386, elf.ELFCLASS32, elf.ELFDATA2LSB},
	"arm":     {elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2LSB},
	"arm64":   {elf.EM_AARCH64, elf.ELFCLASS64, elf.ELFDATA2LSB},
	"riscv64": {elf.EM_RISCV, elf.ELFCLASS64, elf.ELFDATA2LSB},
	"ppc64le": {elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2LSB},
	"ppc64":   {elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2MSB},
	"s390x":   {elf.EM_S390, elf.ELFCLASS64, elf.ELFDATA2MSB},
	"loong64": {elf.EM_LOONGARCH, elf.ELFCLASS64, elf.ELFDATA2LSB},
}

// Platform returns the architecture and the variant of images that the program
// runs on, by its header, and by what a Go program was built for. The error is a
// [MachineError], or names an ABI that none of them has.
func (f *File) Platform() (architecture, variant string, err error) {
	for name, m := range machines {
		if m.machine == f.Machine && m.class == f.Class && m.order == f.Order && name != "ppc64" { // Docker has no such images
			return name, f.variant, f.abi
		}
	}
	return "", "", &MachineError{f.Machine, f.Class, f.Order}
}

// RunsOn reports whether the program is of that architecture of images; true
// where the architecture isn't known here.
func (f *File) RunsOn(architecture string) bool {
	want, ok := machines[architecture]
	if !ok {
		return true
	}
	// A machine of 64 bits runs programs of 32 by the same maker.
	return f.Machine == want.machine && f.Order == want.order || architecture == "amd64" && f.Machine == elf.EM_386
}

// Architecture names the machine as images do, as far as they have a name.
func (f *File) Architecture() string {
	for name, m := range machines {
		if m.machine == f.Machine && m.order == f.Order {
			return name
		}
	}
	return strings.ToLower(strings.TrimPrefix(f.Machine.String(), "EM_"))
}

// readFlags learns what the flags of the header say of variants and ABIs.
func (f *File) readFlags(from *elf.File, header []byte) {
	flags := headerFlags(from, header)
	switch f.Machine {
	case elf.EM_ARM:
		f.variant = armVariant(from, flags, f.Setting("GOARM"))
	case elf.EM_RISCV:
		if flags&riscvRVE != 0 || flags&riscvFloatABI == riscvQuadFloat {
			f.abi = fmt.Errorf("for a RISC-V with another ABI than riscv64 has (ELF flags %#x)", flags)
		}
	case elf.EM_PPC64:
		if flags&ppc64ABI == 1 {
			f.abi = errors.New("for PowerPC with version 1 of the ELF ABI, ppc64le has version 2")
		}
	}
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

// system returns the system that the header or a note names, and linux
// where nothing else is named.
func system(f *elf.File) string {
	switch f.OSABI {
	case elf.ELFOSABI_NONE, elf.ELFOSABI_LINUX:
	default:
		return strings.ToLower(strings.TrimPrefix(f.OSABI.String(), "ELFOSABI_"))
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		notes, err := io.ReadAll(io.LimitReader(p.Open(), 64<<10))
		if err != nil {
			continue
		}
		for _, name := range []string{"FreeBSD", "NetBSD", "OpenBSD", "DragonFly"} {
			if bytes.Contains(notes, []byte(name+"\x00")) {
				return name
			}
		}
	}
	return "linux"
}
