using Channels.Layers.Redis;

namespace Channels.Fuzzing;

/// <summary>What surrounds a message in Redis: random prefix, encryption, type and receivers.</summary>
internal sealed class EnvelopeTarget : FuzzTarget
{
    private readonly WireCodec[] _codecs;
    private readonly Fernet _fernet = new(["first", "second"]);

    public EnvelopeTarget()
    {
        var plain = new RedisLayerOptions();
        var json = new RedisLayerOptions { SerializerFormat = "json" };
        var encrypted = new RedisLayerOptions();
        encrypted.SymmetricEncryptionKeys.Add("first");
        _codecs =
        [
            .. ((RedisLayerOptions[])[plain, json, encrypted]).SelectMany(options =>
                (WireCodec[])[new WireCodec(options, TimeProvider.System, stored: true), new WireCodec(options, TimeProvider.System, stored: false)]),
        ];
    }

    public override IEnumerable<byte[]> Seeds =>
    [
        [.. "123456789012"u8, .. Convert.FromHexString("82a474797065a9746573742e74797065b05f5f617367695f6368616e6e656c5f5f91a3612162")],
        Convert.FromHexString("82a474797065a178b35f5f6368616e6e656c735f6578636570745f5f90"),
        """{"type": "websocket.send", "text": "x"}"""u8.ToArray(),
        _fernet.Encrypt("{}"u8, 1_700_000_000, new byte[16]),
    ];

    public override void Check(ReadOnlySpan<byte> input)
    {
        foreach (var codec in _codecs)
        {
            var decoded = codec.TryDecode(input, out var message, out _, out var problem);
            Holds(decoded == (message is not null) && decoded == (problem is null), "a message, or why there is none");
            Holds(problem?.Contains("failed with", StringComparison.Ordinal) != true, "our own serializers refuse with a FormatException only");
        }

        Holds(!_fernet.TryDecrypt(input, 1_700_000_000, 60, out _) || input.Length >= 100, "no short text is a token");
        var token = _fernet.Encrypt(input, 1_700_000_000);
        Holds(_fernet.TryDecrypt(token, 1_700_000_000, 60, out var plaintext) && plaintext.AsSpan().SequenceEqual(input), "a token gives back what it hides");
        var place = input.Length == 0 ? 0 : input[0] * 7 % (token.Length - 4); // the last characters hold bits that mean nothing
        token[place] = token[place] == (byte)'A' ? (byte)'B' : (byte)'A';
        Holds(!_fernet.TryDecrypt(token, 1_700_000_000, null, out _), "a changed token is refused");
    }
}
