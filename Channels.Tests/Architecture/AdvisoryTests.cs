using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>Faults that were published of other servers have tests here, by which they cannot become ours.</summary>
public sealed class AdvisoryTests
{
    private static readonly (string Advisories, string[] Ids)[] Known =
    [
        ("CVE-2026-62901, CVE-2021-26423: an endless loop inside one frame", ["SEC-20", "W-22"]),
        ("CVE-2026-48779: each tiny fragment costs an object", ["SEC-22"]),
        ("CVE-2026-65623: the whole buffer is measured again at each continuation", ["SEC-23"]),
        ("CVE-2026-1528: a length of 64 bits overflows", ["W-21"]),
        ("CVE-2026-1526, CVE-2026-2229: unbounded inflation; a window that throws", ["SEC-24", "W-78"]),
        ("CVE-2026-45736: memory of others sent to the peer", ["SEC-28"]),
        ("CVE-2024-37890, CVE-2021-32640: headers of the handshake", ["SEC-12", "W-77"]),
        ("CVE-2026-44545: no limit of size", ["SEC-21"]),
        ("CVE-2026-44546: parsers that disagree on line breaks", ["SEC-11"]),
        ("CVE-2020-35681: another client's session", ["SEC-40"]),
        ("CVE-2025-55315: a bare line feed in a chunk's extension", ["SEC-13"]),
        ("CVE-2023-44487: streams opened and reset at once", ["SEC-18"]),
        ("CVE-2020-28481: any origin is let in", ["SEC-01"]),
        ("CVE-2020-36048, CVE-2020-36049, CVE-2022-21676, CVE-2022-41940, CVE-2023-31125, CVE-2024-38355: one bad request ends the process", ["SEC-60", "SEC-61"]),
        ("CVE-2022-2421, CVE-2023-32695, CVE-2026-33151: placeholders, names and attachments of events", ["SEC-62", "SEC-63"]),
        ("CVE-2025-62727, GHSA-v5gw-mw7f-84px: ranges in quadratic time; paths that leave their folder", ["SEC-71", "SEC-70"]),
    ];

    // CVE-2021-33880, passwords compared in telling time, needs no test: nothing of ours compares any (SEC-45 in docs/differences.md).
    [Test]
    [Proves("SEC-79")]
    public void Each_published_fault_has_a_test()
    {
        var proven = Statements.Proven().SelectMany(proof => proof.Ids).Concat(Statements.ProvenBeside()).ToHashSet(StringComparer.Ordinal);

        Assert.That(Known.SelectMany(fault => fault.Ids.Where(id => !proven.Contains(id)).Select(id => $"{fault.Advisories} ({id})")), Is.Empty);
    }
}
