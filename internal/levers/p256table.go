package levers

var p256table = Lever{
	Name:    "p256table",
	What:    "88 kB of P-256 multiples that do not compress; they are computed on first use",
	Relies:  "NewP256Point().SetGenerator and the group operations, which other tests hold; the result is the same table",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "crypto/internal/fips140/nistec/p256_asm.go", Old: `var p256Precomputed *[43]p256AffineTable

func init() {
	p256PrecomputedPtr := unsafe.Pointer(&p256PrecomputedEmbed)
	if runtime.GOARCH == "s390x" {
		var newTable [43 * 32 * 2 * 4]uint64
		for i, x := range (*[43 * 32 * 2 * 4][8]byte)(p256PrecomputedPtr) {
			newTable[i] = byteorder.LEUint64(x[:])
		}
		p256PrecomputedPtr = unsafe.Pointer(&newTable)
	}
	p256Precomputed = (*[43]p256AffineTable)(p256PrecomputedPtr)
}
`, New: `var p256Precomputed *[43]p256AffineTable

var p256PrecomputedOnce sync.Once

// p256Precompute makes the table that p256PrecomputedEmbed holds, from the
// generator alone: no secret passes through it.
func p256Precompute() {
	t := new([43]p256AffineTable)
	base := NewP256Point().SetGenerator()
	for i := range t {
		// multiples holds 1·base to 32·base; products[j] the product of z of the first j.
		var multiples [32]P256Point
		var products [33]p256Element
		products[0] = p256One
		for j := range multiples {
			p := &multiples[j]
			switch {
			case j == 0:
				p.Set(base)
			case j%2 == 1:
				p.Double(&multiples[j/2]) // which costs less than a sum
			default:
				p.Add(&multiples[j-1], base)
			}
			p256Mul(&products[j+1], &products[j], &p.z)
		}
		// One inversion for the 32 (Montgomery's trick).
		var inverse, z, zz p256Element
		p256Inverse(&inverse, &products[32])
		for j := 31; j >= 0; j-- {
			p := &multiples[j]
			p256Mul(&z, &inverse, &products[j])
			p256Mul(&inverse, &inverse, &p.z)
			p256Sqr(&zz, &z, 1)
			p256Mul(&t[i][j].x, &p.x, &zz)
			p256Mul(&zz, &zz, &z)
			p256Mul(&t[i][j].y, &p.y, &zz)
		}
		base.Double(&multiples[31])
	}
	p256Precomputed = t
}
`},
		{File: "crypto/internal/fips140/nistec/p256_asm.go", Old: `	var t0 p256AffinePoint

	wvalue := (scalar[0]`, New: `	p256PrecomputedOnce.Do(p256Precompute)
	var t0 p256AffinePoint

	wvalue := (scalar[0]`},
		{File: "crypto/internal/fips140/nistec/p256_asm.go", Old: `	"math/bits"
	"runtime"
	"unsafe"
`, New: `	"math/bits"
	"sync"
`},
	},
	Test: File{"crypto/internal/fips140/nistec/p256_lever_test.go", `//go:build (amd64 || arm64 || ppc64le) && !purego

package nistec

import (
	"testing"
	"unsafe"
)

// TestP256Precompute holds the computed table to the one that it stands for.
func TestP256Precompute(t *testing.T) {
	p256Precompute()
	if *p256Precomputed != *(*[43]p256AffineTable)(unsafe.Pointer(&p256PrecomputedEmbed)) {
		t.Error("the table is another one")
	}
}

func BenchmarkP256Precompute(b *testing.B) {
	for range b.N {
		p256Precompute()
	}
}
`},
}
