using Channels.Kestrel;
using Channels.Tests.Support;
using Microsoft.Extensions.Primitives;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class DeflateTermsTests
{
    private const string Standalone = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    [TestCase("permessage-deflate")]
    [TestCase("permessage-deflate; client_max_window_bits")]
    [TestCase("permessage-deflate;client_max_window_bits=15")]
    [TestCase("permessage-deflate ; server_no_context_takeover ;\tclient_no_context_takeover")]
    [TestCase("permessage-deflate; client_max_window_bits=\"10\"")]
    [TestCase("x-webkit-deflate-frame, permessage-deflate")]
    [TestCase("foo; bar=\"a,permessage-deflate; x\"; baz, permessage-deflate")]
    [TestCase("constructor, __proto__, permessage-deflate")]
    [TestCase("permessage-deflate; server_max_window_bits=10, permessage-deflate")]
    [Proves("W-67", "W-71")]
    public void Offers_that_can_be_honoured(string offer) =>
        Assert.That(DeflateTerms.Choose(offer, false)?.ToHeader(), Is.EqualTo(Standalone));

    [TestCase("permessage-deflate; server_max_window_bits=14")]
    [TestCase("permessage-deflate; server_max_window_bits=8")]
    [TestCase("permessage-deflate; server_max_window_bits")]
    [TestCase("permessage-deflate; server_no_context_takeover; server_no_context_takeover")]
    [TestCase("permessage-deflate; server_no_context_takeover=1")]
    [TestCase("permessage-deflate; client_no_context_takeover=\"\"")]
    [TestCase("permessage-deflate; client_max_window_bits=08")]
    [TestCase("permessage-deflate; client_max_window_bits=7")]
    [TestCase("permessage-deflate; client_max_window_bits=16")]
    [TestCase("permessage-deflate; client_max_window_bits=")]
    [TestCase("permessage-deflate; client_max_window_bits=-8")]
    [TestCase("permessage-deflate; client_max_window_bits; client_max_window_bits")]
    [TestCase("permessage-deflate; constructor")]
    [TestCase("permessage-deflate;")]
    [TestCase("permessage-deflate; server_no_context_takeover client_no_context_takeover")]
    [TestCase("permessage-deflate; client_max_window_bits=\"15")]
    [TestCase("permessage-deflatex")]
    [TestCase("permessage-deflate=1")]
    [TestCase("")]
    [TestCase(",,,;;;===")]
    [Proves("W-69", "W-78")]
    public void Offers_that_are_declined(string offer) => Assert.That(DeflateTerms.Choose(offer, false), Is.Null);

    [Test]
    [Proves("FA-7")]
    public void A_window_that_the_client_has_named_is_named_in_the_answer() =>
        Assert.That(DeflateTerms.Choose("permessage-deflate; server_max_window_bits=15", false)?.ToHeader(), Is.EqualTo(Standalone + "; server_max_window_bits=15"));

    [Test]
    [Proves("W-72")]
    public void The_first_offer_that_can_be_honoured_wins()
    {
        StringValues offers = new(["permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_no_context_takeover, permessage-deflate"]);
        var terms = DeflateTerms.Choose(offers, keepWindow: true);
        Assert.That(terms, Is.EqualTo(new DeflateTerms(false, true)));
        Assert.That(terms!.ToHeader(), Is.EqualTo("permessage-deflate; server_no_context_takeover"));
    }

    [Test]
    [Proves("W-67", "W-68")]
    public void Windows_are_kept_only_when_configured_and_the_client_agrees()
    {
        Assert.Multiple(() =>
        {
            Assert.That(DeflateTerms.Choose("permessage-deflate", true)!.ToHeader(), Is.EqualTo("permessage-deflate"));
            Assert.That(DeflateTerms.Choose("permessage-deflate; client_no_context_takeover", true), Is.EqualTo(new DeflateTerms(true, false)));
            Assert.That(DeflateTerms.Choose("permessage-deflate", false), Is.EqualTo(new DeflateTerms(false, false)));
        });
    }

    [Test]
    [Proves("W-77", "SEC-12")]
    public void Hostile_offers_are_read_in_linear_time()
    {
        const int many = 1_000_000; // the square of it would take far longer than a run may
        string[] hostile =
        [
            string.Join(", ", Enumerable.Repeat("permessage-deflate; server_max_window_bits=8", 20_000)),
            new(',', many), new(';', many), new('"', many), "a;b=\"" + new string('\\', many), string.Concat(Enumerable.Repeat("a=\"", many)),
            "permessage-deflate; " + new string(' ', many) + "x",
        ];
        foreach (var offer in hostile)
        {
            Assert.That(DeflateTerms.Choose(offer, false), Is.Null);
        }
    }
}
