package layers

import "archive/tar"

// TypeName is the word for the entry's type.
func (e *Entry) TypeName() string {
	switch e.Type {
	case tar.TypeDir:
		return "directory"
	case tar.TypeSymlink:
		return "symlink"
	case tar.TypeLink:
		return "hardlink"
	case tar.TypeChar, tar.TypeBlock:
		return "device"
	case tar.TypeFifo:
		return "fifo"
	}
	return "file"
}

// ModeString is the entry's mode as ls prints it.
func (e *Entry) ModeString() string { return modeString(e.Type, e.Mode) }

func modeString(typeflag byte, mode uint32) string {
	b := []byte("-rwxrwxrwx")
	switch typeflag {
	case tar.TypeDir:
		b[0] = 'd'
	case tar.TypeSymlink:
		b[0] = 'l'
	case tar.TypeChar:
		b[0] = 'c'
	case tar.TypeBlock:
		b[0] = 'b'
	case tar.TypeFifo:
		b[0] = 'p'
	}
	for i := range 9 {
		if mode&(1<<(8-i)) == 0 {
			b[i+1] = '-'
		}
	}
	for i, bit := range []struct {
		mask     uint32
		set, not byte
	}{{0o4000, 's', 'S'}, {0o2000, 's', 'S'}, {0o1000, 't', 'T'}} {
		if at := 3 * (i + 1); mode&bit.mask != 0 {
			if b[at] == 'x' {
				b[at] = bit.set
			} else {
				b[at] = bit.not
			}
		}
	}
	return string(b)
}
