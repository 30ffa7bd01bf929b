package audit

import (
	"debug/elf"
	"os"
	"path/filepath"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// What a Go program's functions tell of TLS.
func TestRoots(t *testing.T) {
	const handshake = "\x00crypto/tls.(*Conn).clientHandshake\x00"
	for _, tt := range []struct {
		name, strings string
		env           string
		more          []it.Entry
		want          int
	}{
		{"client", tlsClient, "", nil, 1},
		{"dials", handshake + "crypto/tls.dial\x00", "", nil, 1},
		{"grpc", handshake + "google.golang.org/grpc.(*ClientConn).Invoke\x00", "", nil, 1},
		{"server", handshake, "", nil, 0},
		{"fallback", tlsClient + "crypto/x509.SetFallbackRoots\x00", "", nil, 0},
		{"constraints", tlsClient + "crypto/x509.(*CertPool).AddCertWithConstraint\x00", "", nil, 0},
		{"its own pool only for one", tlsClient + "crypto/x509.(*CertPool).AddCert\x00", "", nil, 1},
		{"certificates", tlsClient + "-----BEGIN CERTIFICATE-----\nMIIB", "", nil, 0},
		{"system", tlsClient, "", []it.Entry{it.File("etc/ssl/cert.pem", "x")}, 0},
		{"directory", tlsClient, "", []it.Entry{it.File("etc/ssl/certs/x.0", "x")}, 0},
		{"empty directory", tlsClient, "", []it.Entry{it.Dir("etc/ssl/certs")}, 1},
		{"variable", tlsClient, "SSL_CERT_FILE=/ca", []it.Entry{it.File("ca", "x")}, 0},
		{"variable astray", tlsClient, "SSL_CERT_FILE=/none", []it.Entry{it.File("ca", "x")}, 1},
	} {
		img := with(copied("d /d"), append(files(exe("d", goProgram(tt.strings))), tt.more...))
		img.Config.Config.Env = append(img.Config.Config.Env, tt.env)
		if found := of(judge(t, img, Options{}), "TARE-F015"); len(found) != tt.want {
			t.Errorf("%s: %d findings, want %d", tt.name, len(found), tt.want)
		}
	}
}

// A program is read the same whether it lies in a file or comes compressed,
// and whether it fits the memory for that or not.
func TestLargePrograms(t *testing.T) {
	for _, size := range []int{100_000, minDuplicate + 1, maxMemory + 1} {
		for _, zipped := range []bool{false, true} {
			layer := it.Plain
			if zipped {
				layer = it.Zipped
			}
			img := with(copied("d /d"), files())
			debug := elfFile{machine: elf.EM_X86_64, sections: []section{{".debug_info", make([]byte, size)}}}.build()
			img.Layers[1] = layer(exe("d", debug), exe("e", debug))
			temps := 0
			r := judge(t, img, Options{Temp: func() (*os.File, error) {
				temps++
				return os.Create(filepath.Join(t.TempDir(), "program"))
			}})
			found := of(r, "TARE-F013")
			if len(found) != 2 || found[0].Bytes != int64(size) {
				t.Errorf("%d bytes, zipped %v: %+v", size, zipped, found)
			}
			if (temps > 0) != (zipped && size > maxMemory) {
				t.Errorf("%d bytes, zipped %v: %d temporary files", size, zipped, temps)
			}
			if twice := of(r, "TARE-F016"); (len(twice) == 1) != (size > minDuplicate) {
				t.Errorf("%d bytes, zipped %v: duplicates %+v", size, zipped, twice)
			}
		}
	}
}

// Damaged programs are no programs, and no error.
func TestDamagedPrograms(t *testing.T) {
	good := elfFile{machine: elf.EM_X86_64, loader: "/lib/ld.so", sections: []section{{".debug_info", make([]byte, 70_000)}}}.build()
	for cut := 0; cut < 300; cut += 3 {
		judge(t, with(copied("d /d"), files(exe("d", good[:cut]))), Options{})
	}
	for at := 0; at < 300; at++ {
		bad := append([]byte{}, good...)
		bad[at] ^= 0xff
		judge(t, with(copied("d /d"), files(exe("d", bad))), Options{})
	}
}

// TestScriptWithoutInterpreter: what a script's first line names has to be there.
func TestScriptWithoutInterpreter(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"#!/bin/none -e", "the entry point is a script that needs /bin/none, which the image doesn't have"},
		{"#!/app", ""}, {"#! /app x", ""}, {"#!none", ""}, {"# /bin/none", ""},
	} {
		img := with(copied("start /"), files(exe("start", []byte(tt.line+"\n"))), func(c *image.Config) { c.Config.Entrypoint = []string{"/start"} })
		var got string
		for _, f := range of(judge(t, img, Options{}), "TARE-C005") {
			got += f.Message
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.line, got, tt.want)
		}
	}
}
