package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"runtime/debug"
	"testing"

	"devops-go/internal/bundle"
	"devops-go/internal/elfinfo"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
	"devops-go/internal/pack"
	"devops-go/internal/registry"
)

// TestHints: what can be done about an error is told wherever it is wrapped.
func TestHints(t *testing.T) {
	program := func(settings ...debug.BuildSetting) *pack.Executable {
		return &pack.Executable{File: &elfinfo.File{Interpreter: "/lib/ld.so", Build: &buildinfo.BuildInfo{Settings: settings}}}
	}
	pie := program(debug.BuildSetting{Key: "-buildmode", Value: "pie"}, debug.BuildSetting{Key: "CGO_ENABLED", Value: "0"})
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("other"), ""},
		{&usageError{errors.New("x")}, "tare help lists the commands, tare help COMMAND its flags"},
		{image.ErrTooLarge, "--max-size allows more"},
		{layers.ErrTooLarge, "--max-size allows more"},
		{layers.ErrTooManyFiles, "--max-files allows more"},
		{layers.ErrTooManyNames, "--max-names allows more"},
		{&image.SeveralError{Transport: image.OCI, Names: []string{"a:1", "b:2"}}, "name one: oci:PATH:a:1"},
		{&image.ForeignError{Platforms: []string{"linux/s390x"}}, "choose with --platform linux/s390x"},
		{&image.ShadowError{Name: "app", Kind: "file", Err: errors.New("x")}, "the engine's image is docker-daemon:app"},
		{&bundle.MissingError{Present: oci.Platform{OS: "linux", Architecture: "arm64"}, Err: errors.New("x")}, "the index lists more than is there; --platform linux/arm64 takes one platform"},
		{&registry.RealmError{Realm: "https://a.example"}, "--auth-realm https://a.example sends them there"},
		{&registry.UploadError{Host: "a.example"}, "--upload-host a.example sends it there"},
		{&pack.ModeError{Path: "./app"}, "chmod +x ./app"},
		{&pack.SystemError{System: "freebsd"}, "build it with GOOS=linux"},
		{&pack.SamePlatformError{}, "an image has one executable for each platform; --add takes other files"},
		{&elfinfo.NotELFError{}, "build a Linux executable: GOOS=linux CGO_ENABLED=0 go build"},
		{&elfinfo.MachineError{}, "packed are amd64, arm64, arm/v5 to v7, 386, riscv64, ppc64le, s390x and loong64"},
		{&pack.DynamicError{Executable: program()}, "build it with CGO_ENABLED=0; or bring what it needs with --base IMAGE"},
		{&pack.DynamicError{Executable: pie}, "build it without -buildmode=pie, for which Go asks for an interpreter; or bring what it needs with --base IMAGE"},
		{&pack.DynamicError{Executable: pie, Missing: []string{"x"}}, "build it without -buildmode=pie, for which Go asks for an interpreter; or take a base that it was linked for"},
	} {
		if got := hint(fmt.Errorf("object: %w", tt.err)); got != tt.want {
			t.Errorf("%T %v: hint %q, want %q", tt.err, tt.err, got, tt.want)
		}
	}
}
