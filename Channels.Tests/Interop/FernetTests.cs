using System.Text;
using System.Text.Json;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>Encrypted bodies: tokens, keys, age.</summary>
public sealed class FernetTests
{
    private readonly JsonElement _encryption = WireVectors.Load().GetProperty("encryption");

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "encryption", "tokens", "id" })]
    [Proves("R-ENC-01", "R-ENC-02")]
    public void Tokens_are_byte_for_byte_Pythons(JsonElement token)
    {
        var fernet = new Fernet([KeyText(token.Text("key"))]);
        var plaintext = token.Bytes("plaintext_hex");
        var clock = token.GetProperty("clock").GetInt64();
        Assert.That(Encoding.ASCII.GetString(fernet.Encrypt(plaintext, clock, token.Bytes("iv"))), Is.EqualTo(token.Text("token_ascii")));
        Assert.That(fernet.TryDecrypt(Encoding.ASCII.GetBytes(token.Text("token_ascii")), clock, 70, out var decrypted));
        Assert.That(decrypted, Is.EqualTo(plaintext));
    }

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "encryption", "age_checks", "id" })]
    [Proves("R-ENC-04", "SEC-56")]
    public void Age_is_judged_as_by_Python(JsonElement check)
    {
        var token = _encryption.GetProperty("tokens")[0];
        var expiry = check.TryGetProperty("expiry", out var seconds) && seconds.ValueKind == JsonValueKind.Number ? seconds.GetInt64() : 60;
        long? maxAge = check.Text("layer") == "core" ? expiry + 10 : null;
        var clock = token.GetProperty("clock").GetInt64() + (long)Math.Floor(check.GetProperty("reader_clock_minus_token_clock").GetDouble());
        var accepted = new Fernet([KeyText("k1")]).TryDecrypt(Encoding.ASCII.GetBytes(token.Text("token_ascii")), clock, maxAge, out _);
        Assert.That(accepted, Is.EqualTo(check.GetProperty("accepted").GetBoolean()));
    }

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "encryption", "rotation", "id" })]
    [Proves("R-ENC-03")]
    public void Every_key_is_tried(JsonElement rotation)
    {
        var token = _encryption.GetProperty("tokens").EnumerateArray().Single(t => t.Text("id") == rotation.Text("token"));
        var fernet = new Fernet(rotation.GetProperty("reader_keys").EnumerateArray().Select(key => KeyText(key.GetString()!)).ToArray());
        var accepted = fernet.TryDecrypt(Encoding.ASCII.GetBytes(token.Text("token_ascii")), token.GetProperty("clock").GetInt64(), 70, out _);
        Assert.That(accepted, Is.EqualTo(rotation.GetProperty("accepted").GetBoolean()));
    }

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "encryption", "must_fail", "why" })]
    [Proves("R-ENC-06", "R-ENC-07")]
    public void Tampered_tokens_are_refused(JsonElement token) =>
        Assert.That(new Fernet([KeyText("k1")]).TryDecrypt(Encoding.UTF8.GetBytes(token.Text("token_ascii")), 1700000000, 70, out _), Is.False);

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "encryption", "leniency", "why" })]
    [Proves("R-ENC-08")]
    public void Text_that_no_writer_produces_is_refused(JsonElement token) =>
        Assert.That(new Fernet([KeyText("k1")]).TryDecrypt(Encoding.UTF8.GetBytes(token.Text("token_ascii")), 1700000000, 70, out _), Is.False);

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "encryption", "members_made_by_the_layer", "what" })]
    [Proves("R-CORE-12", "R-ENC-05")]
    public void What_Pythons_layers_stored_is_read(JsonElement member)
    {
        var isCore = member.TryGetProperty("member_hex", out _);
        var bytes = member.Bytes(isCore ? "member_hex" : "payload_hex").AsSpan(isCore ? 12 : 0);
        Assert.That(new Fernet([KeyText(member.Text("key"))]).TryDecrypt(bytes, 0, null, out var plaintext));
        Assert.That(MsgpackReader.ReadSingle(plaintext).Kind, Is.EqualTo(MessageValueKind.Map));
    }

    [Test]
    [Proves("R-ENC-07")]
    public void Every_token_has_a_vector_of_its_own()
    {
        var fernet = new Fernet(["key"]);
        var (first, second) = (fernet.Encrypt([1], 0), fernet.Encrypt([1], 0));
        Assert.That(first, Is.Not.EqualTo(second));
    }

    private string KeyText(string id) => _encryption.GetProperty("keys").EnumerateArray().Single(key => key.Text("id") == id).Text("key_text");
}
