// Feeds and pages, ready in memory and compressed, so that the origin costs little and the same for
// everybody. Any loopback address is a site of its own.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

const words = "council river budget school harbour winter report station market road member street bridge " +
	"office hospital village plan water vote price farmer season company worker engine museum library court"

// A paragraph of so many words, other ones for each number.
func paragraph(number, length int) string {
	list := strings.Fields(words)
	var text strings.Builder
	state := uint32(number)*2654435761 + 12345
	for index := 0; index < length; index++ {
		state = state*1664525 + 1013904223
		word := list[int(state>>16)%len(list)]
		if index == 0 || index%14 == 0 {
			if index > 0 {
				text.WriteString(". ")
			}
			word = strings.ToUpper(word[:1]) + word[1:]
		} else {
			text.WriteByte(' ')
		}
		text.WriteString(word)
	}
	text.WriteByte('.')
	return text.String()
}

// A page as news sites have them: much markup, scripts and lists of links around a text.
func page(number, size int) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "<!doctype html><html lang=en><head><meta charset=utf-8><title>Report %d of the %s</title>",
		number, strings.Fields(words)[number%28])
	fmt.Fprintf(&out, "<meta property=og:title content=\"Report %d\"></head><body><nav><ul>", number)
	for link := 0; link < 60; link++ {
		fmt.Fprintf(&out, "<li class=nav-item><a href=/section/%d>Section %d</a></li>", link, link)
	}
	fmt.Fprintf(&out, "</ul></nav><main><article><h1>Report %d</h1>", number)
	for index := 0; index < 18; index++ {
		fmt.Fprintf(&out, "<p>%s</p>", paragraph(number*100+index, 60))
		if index%5 == 4 {
			out.WriteString("<aside class=related><h3>Read more</h3><ul><li><a href=/x>Another report</a></ul></aside>")
		}
	}
	out.WriteString("<p>Sign up for our newsletter to get the news in your inbox.</p></article></main><aside>")
	for teaser := 0; out.Len() < size; teaser++ {
		fmt.Fprintf(&out, "<div class=\"teaser teaser--wide\" data-id=%d><a class=teaser__link href=/news/%d><img src=/img/%d.jpg alt=\"\"><h4>%s</h4></a><span class=time>%d min ago</span></div><script>window.q=window.q||[];q.push({slot:%d})</script>",
			teaser, teaser, teaser, paragraph(teaser, 8), teaser, teaser)
	}
	out.WriteString("</aside><footer><p>All rights reserved.</p></footer></body></html>")
	return out.Bytes()
}

func feed(host string, number, entries int, full bool) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Site %d</title><link>http://%s/</link><description>News</description>", number, host)
	for entry := 0; entry < entries; entry++ {
		text := paragraph(entry, 30)
		if full {
			text = paragraph(number*1000+entry, 200)
		}
		id := number*1000 + entry
		fmt.Fprintf(&out, "<item><title>Report %d</title><link>http://%s/page/%d</link><guid isPermaLink=\"false\">%d</guid><pubDate>Mon, 02 Mar 2026 %02d:%02d:00 GMT</pubDate><description>%s</description></item>",
			id, host, id, id, entry/60, entry%60, text)
	}
	out.WriteString("</channel></rss>")
	return out.Bytes()
}

func packed(body []byte) []byte {
	var out bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	writer.Write(body)
	writer.Close()
	return out.Bytes()
}

func main() {
	entries := flag.Int("entries", 20, "of a feed")
	size := flag.Int("page", 174_000, "bytes of a page")
	flag.Parse()
	const pages = 32
	ready := make([][]byte, pages)
	for number := range ready {
		ready[number] = packed(page(number, *size))
	}
	var polls, changed atomic.Int64
	send := func(w http.ResponseWriter, kind string, body []byte) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(body)
	}
	http.HandleFunc("/page/", func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/page/"))
		send(w, "text/html", ready[number%pages])
	})
	// /still/N: never changes. /changing/N: another document each time, with the same entries.
	http.HandleFunc("/still/", func(w http.ResponseWriter, r *http.Request) {
		polls.Add(1)
		if r.Header.Get("If-None-Match") == "\"v1\"" {
			w.Header().Set("ETag", "\"v1\"")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		number, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/still/"))
		w.Header().Set("ETag", "\"v1\"")
		send(w, "application/rss+xml", packed(feed(r.Host, number, *entries, false)))
	})
	http.HandleFunc("/changing/", func(w http.ResponseWriter, r *http.Request) {
		polls.Add(1)
		number, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/changing/"))
		body := append(feed(r.Host, number, *entries, true), fmt.Sprintf("<!-- %d -->", changed.Add(1))...)
		send(w, "application/rss+xml", packed(body))
	})
	http.HandleFunc("/polls", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, polls.Load()) })
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
