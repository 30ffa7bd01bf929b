package imagetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

const blockSize = 512

// RawTar returns an archive of the entries as they are, with nothing checked:
// names and types that archive/tar refuses to write, sizes that don't fit the
// type. Content is what follows the header, and Size only what the header says.
func RawTar(entries ...Entry) []byte {
	var b bytes.Buffer
	for _, e := range entries {
		if len(e.PAXRecords) > 0 {
			records := paxRecords(e.PAXRecords)
			writeHeader(&b, Entry{Header: header('x', "pax", int64(len(records)))})
			writePadded(&b, records)
		}
		writeLong(&b, 'L', e.Name)
		writeLong(&b, 'K', e.Linkname)
		writeHeader(&b, e)
		writePadded(&b, e.Content)
	}
	b.Write(make([]byte, 2*blockSize))
	return b.Bytes()
}

// writeLong writes a name that the header has no room for as GNU tar does.
func writeLong(b *bytes.Buffer, typeflag byte, name string) {
	if len(name) > 100 {
		writeHeader(b, Entry{Header: header(typeflag, "././@LongLink", int64(len(name)+1))})
		writePadded(b, name+"\x00")
	}
}

func writePadded(b *bytes.Buffer, content string) {
	b.WriteString(content)
	b.Write(make([]byte, -len(content)&(blockSize-1)))
}

func paxRecords(records map[string]string) string {
	var b bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(records)) {
		rest := " " + key + "=" + records[key] + "\n"
		size := len(rest) + 1
		for len(strconv.Itoa(size))+len(rest) != size {
			size = len(strconv.Itoa(size)) + len(rest)
		}
		fmt.Fprintf(&b, "%d%s", size, rest)
	}
	return b.String()
}

func writeHeader(b *bytes.Buffer, e Entry) {
	var h [blockSize]byte
	copy(h[:100], e.Name)
	number(h[100:108], e.Mode)
	number(h[108:116], int64(e.Uid))
	number(h[116:124], int64(e.Gid))
	number(h[124:136], e.Size)
	seconds := int64(0)
	if !e.ModTime.IsZero() {
		seconds = e.ModTime.Unix()
	}
	number(h[136:148], seconds)
	h[156] = e.Typeflag
	copy(h[157:257], e.Linkname)
	copy(h[257:], "ustar  \x00")
	number(h[329:337], e.Devmajor)
	number(h[337:345], e.Devminor)
	copy(h[148:156], "        ")
	var sum int64
	for _, c := range h {
		sum += int64(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	b.Write(h[:])
}

// number writes n in octal or, where that has no room for it, in base 256.
func number(field []byte, n int64) {
	if s := strconv.FormatInt(n, 8); n >= 0 && len(s) < len(field) {
		copy(field, fmt.Sprintf("%0*s", len(field)-1, s))
		return
	}
	var b [12]byte
	if n < 0 {
		copy(b[:], "\xff\xff\xff\xff")
	}
	binary.BigEndian.PutUint64(b[4:], uint64(n))
	copy(field, b[len(b)-len(field):])
	field[0] |= 0x80
}
