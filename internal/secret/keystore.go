package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
)

// encodedKeyBegin is what "-----BEGIN" is in base64.
const encodedKeyBegin = "LS0tLS1CRUdJTi"

// isEncodedKey reports whether the base64 that b begins with is of a private key.
func isEncodedKey(b []byte) bool {
	var plain []byte
	for at := 0; at < len(b); at++ {
		switch c := b[at]; {
		case isWord(c) && c != '_', c == '+', c == '/':
			plain = append(plain, c)
		case c == '\n', c == '\r', c == ' ':
		default:
			b = b[:at]
		}
	}
	text := make([]byte, base64.RawStdEncoding.DecodedLen(len(plain)))
	n, _ := base64.RawStdEncoding.Decode(text, plain[:len(plain)/4*4])
	_, _, ok := findPrivateKey(text[:n])
	return ok
}

// isPuTTYKey reports whether a content is a private key as PuTTY keeps it.
func isPuTTYKey(b []byte) bool {
	return bytes.HasPrefix(b, []byte("PuTTY-User-Key-File-")) && bytes.Contains(b, []byte("\nPrivate-Lines:"))
}

// keyBags are the object identifiers of private keys in PKCS#12 (RFC 7292,
// appendix D): keyBag and pkcs8ShroudedKeyBag. They stand outside of what is
// encrypted.
var keyBags = []string{"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01", "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02"}

// seeKeyStore looks whether the content that begins with head, of which the last
// window is w, is a store of private keys.
func (s *scan) seeKeyStore(head []byte, w *view) {
	whole := !w.moved
	content := w.buf[:w.n]
	switch {
	case bytes.HasPrefix(head, []byte("PWS3")):
		s.found.KeyStore = "Password Safe"
	case bytes.HasPrefix(head, []byte("\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5")):
		s.found.KeyStore = "KeePass"
	case bytes.HasPrefix(head, []byte("kych")):
		s.found.KeyStore = "keychain"
	case bytes.HasPrefix(head, []byte("\xce\xce\xce\xce")):
		s.found.KeyStore = "JCEKS"
	case bytes.HasPrefix(head, []byte("\xfe\xed\xfe\xed")) && whole && hasJavaKey(content):
		s.found.KeyStore = "JKS"
	case isPKCS12(head) && whole && hasKeyBag(content):
		s.found.KeyStore = "PKCS#12"
	case bytes.HasPrefix(head, []byte("(11:private-key")), bytes.HasPrefix(head, []byte("(21:protected-private-key")),
		bytes.HasPrefix(head, []byte("Key: (private-key")), bytes.HasPrefix(head, []byte("Key: (protected-private-key")):
		s.found.KeyStore = "GnuPG"
	}
}

// isPKCS12 reports whether a content begins as PKCS#12: a sequence whose first
// member is the version 3.
func isPKCS12(head []byte) bool {
	for _, length := range []int{1, 2, 3, 4} { // bytes of the sequence's length
		version := length + 1
		if len(head) < version+3 || head[0] != 0x30 {
			return false
		}
		if (length == 1 && head[1] <= 0x80 || length > 1 && head[1] == byte(0x80+length-1)) && bytes.HasPrefix(head[version:], []byte("\x02\x01\x03\x30")) {
			return true
		}
	}
	return false
}

func hasKeyBag(content []byte) bool {
	for _, id := range keyBags {
		if bytes.Contains(content, []byte(id)) {
			return true
		}
	}
	return false
}

// hasJavaKey reports whether a JKS store has an entry with a private key, and not
// only certificates to trust.
func hasJavaKey(store []byte) bool {
	at := 12 // after magic number, version and count
	skip := func(size int) bool {
		if len(store)-at < size {
			return false
		}
		field := store[at : at+size]
		at += size
		n := 0
		for _, c := range field {
			n = n<<8 | int(c)
		}
		if len(store)-at < n {
			return false
		}
		at += n
		return true
	}
	if len(store) < at {
		return false
	}
	for range binary.BigEndian.Uint32(store[8:]) {
		if len(store)-at < 4 {
			return false
		}
		tag := binary.BigEndian.Uint32(store[at:])
		at += 4
		if tag != 2 {
			return tag == 1
		}
		if !skip(2) { // alias
			return false
		}
		at += 8                                      // time
		if at > len(store) || !skip(2) || !skip(4) { // type and certificate
			return false
		}
	}
	return false
}
