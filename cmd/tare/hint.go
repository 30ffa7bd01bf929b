package main

import (
	"errors"
	"fmt"

	"devops-go/internal/bundle"
	"devops-go/internal/elfinfo"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/pack"
	"devops-go/internal/registry"
)

// hint says what can be done about an error, "" where nothing can.
func hint(err error) string {
	if _, ok := errors.AsType[*usageError](err); ok {
		return "see tare help for the commands, tare help COMMAND for the flags of one"
	}
	for _, of := range []func(error) string{sizeHint, imageHint, networkHint, programHint} {
		if text := of(err); text != "" {
			return text
		}
	}
	return ""
}

// The notes below reports with figures that can be had by a flag.
const (
	contentNote = "--content reads the layers."
	gzipNote    = "--gzip compresses uncompressed layers to find out their transfer size."
)

func sizeHint(err error) string {
	switch {
	case errors.Is(err, image.ErrTooLarge):
		return "raise the limit with --max-size"
	case errors.Is(err, layers.ErrTooManyFiles):
		return "raise the limit with --max-files"
	case errors.Is(err, layers.ErrTooManyNames):
		return "raise the limit with --max-names"
	}
	return ""
}

// imageHint says how to choose among several images.
func imageHint(err error) string {
	if e, ok := errors.AsType[*image.SeveralError](err); ok {
		return fmt.Sprintf("choose one: %s:PATH:%s", e.Transport, e.Names[0])
	}
	if e, ok := errors.AsType[*image.ForeignError](err); ok {
		return "choose one with --platform " + e.Platforms[0]
	}
	if e, ok := errors.AsType[*image.ShadowError](err); ok {
		return "for the image in the engine, use docker-daemon:" + e.Name
	}
	if errors.Is(err, errBinaryList) {
		return "for an image in standard input, use docker-archive:- or oci-archive:-"
	}
	if e, ok := errors.AsType[*bundle.MissingError](err); ok {
		return "not all platforms in the index are present; choose one with --platform " + e.Present.String()
	}
	return ""
}

// networkHint says which flag allows what a registry was denied.
func networkHint(err error) string {
	if e, ok := errors.AsType[*registry.RealmError](err); ok {
		return "to send them there anyway, use --auth-realm " + e.Realm
	}
	if e, ok := errors.AsType[*registry.UploadError](err); ok {
		return "to upload there anyway, use --upload-host " + e.Host
	}
	return ""
}

// programHint says how to build an executable that can be packed.
func programHint(err error) string {
	if e, ok := errors.AsType[*pack.ModeError](err); ok {
		return "chmod +x " + e.Path
	}
	if _, ok := errors.AsType[*pack.SystemError](err); ok {
		return "build it with GOOS=linux"
	}
	if _, ok := errors.AsType[*pack.SamePlatformError](err); ok {
		return "an image has one executable per platform; add other files with --add"
	}
	if _, ok := errors.AsType[*elfinfo.NotELFError](err); ok {
		return "build a Linux executable: GOOS=linux CGO_ENABLED=0 go build"
	}
	if _, ok := errors.AsType[*elfinfo.MachineError](err); ok {
		return "supported are amd64, arm64, arm/v5 to v7, 386, riscv64, ppc64le, s390x and loong64"
	}
	e, ok := errors.AsType[*pack.DynamicError](err)
	switch {
	case !ok:
		return ""
	case e.Missing == nil:
		return static(e.Executable) + "; or add what it needs with --base IMAGE"
	}
	return static(e.Executable) + "; or use a base image that it was linked for"
}

// static says how a program could be built to need nothing.
func static(e *pack.Executable) string {
	if e.Setting("-buildmode") == "pie" && e.Setting("CGO_ENABLED") == "0" {
		return "build it without -buildmode=pie, which needs an interpreter"
	}
	return "build it with CGO_ENABLED=0"
}
