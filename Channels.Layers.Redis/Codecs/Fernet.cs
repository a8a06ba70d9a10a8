using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Channels.Layers.Redis;

/// <summary>
/// Fernet tokens under several keys: the first key encrypts, each is tried for decryption.
/// Thread-safe.
/// </summary>
internal sealed class Fernet
{
    private const byte Version = 0x80;
    private const int IvLength = 16;
    private const int HeaderLength = 1 + 8 + IvLength;
    private const int SignatureLength = 32;
    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private readonly Key[] _keys;

    public Fernet(IReadOnlyList<string> keys) => _keys = keys.Select(Key.FromText).ToArray();

    /// <summary>Encrypts under the first key.</summary>
    /// <param name="plaintext">What to hide.</param>
    /// <param name="clock">The time the token carries, in Unix seconds.</param>
    /// <param name="iv">Sixteen random bytes, fresh for each token; null draws them. Given by tests only.</param>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, long clock, byte[]? iv = null)
    {
        using var aes = Aes.Create();
        aes.Key = _keys[0].Encryption;
        iv ??= RandomNumberGenerator.GetBytes(IvLength);
        var signedLength = HeaderLength + aes.GetCiphertextLengthCbc(plaintext.Length);
        var raw = new byte[signedLength + SignatureLength];
        raw[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(raw.AsSpan(1), clock);
        iv.CopyTo(raw, 9);
        aes.EncryptCbc(plaintext, iv, raw.AsSpan(HeaderLength..signedLength));
        HMACSHA256.HashData(_keys[0].Signing, raw.AsSpan(0, signedLength), raw.AsSpan(signedLength));
        return ToText(raw);
    }

    /// <summary>Checks and decrypts a token.</summary>
    /// <param name="token">The token's text.</param>
    /// <param name="clock">The reader's time in Unix seconds.</param>
    /// <param name="maxAge">How old a token may be, in seconds; null accepts any clock, also one in the future.</param>
    /// <param name="plaintext">What was hidden.</param>
    public bool TryDecrypt(ReadOnlySpan<byte> token, long clock, long? maxAge, [NotNullWhen(true)] out byte[]? plaintext)
    {
        plaintext = null;
        if (FromText(token) is not { } raw || raw.Length < HeaderLength + IvLength + SignatureLength || raw[0] != Version)
        {
            return false;
        }

        const int maxFuture = 60;
        var made = BinaryPrimitives.ReadInt64BigEndian(raw.AsSpan(1));
        if (maxAge is { } age && (made < clock - age || made > clock + maxFuture))
        {
            return false;
        }

        var signed = raw.AsSpan(0, raw.Length - SignatureLength);
        Span<byte> signature = stackalloc byte[SignatureLength];
        foreach (var key in _keys)
        {
            HMACSHA256.HashData(key.Signing, signed, signature);
            if (CryptographicOperations.FixedTimeEquals(signature, raw.AsSpan(signed.Length)))
            {
                return key.TryDecrypt(signed[HeaderLength..], signed.Slice(9, IvLength), out plaintext);
            }
        }

        return false;
    }

    // URL-safe base64 with its padding; the framework's Base64Url leaves the padding out, and readers want it.
    private static byte[] ToText(byte[] raw)
    {
        var text = new byte[Base64.GetMaxEncodedToUtf8Length(raw.Length)];
        Base64.EncodeToUtf8(raw, text, out _, out _);
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = text[i] switch { (byte)'+' => (byte)'-', (byte)'/' => (byte)'_', var other => other };
        }

        return text;
    }

    private static byte[]? FromText(ReadOnlySpan<byte> text)
    {
        var padding = text.EndsWith("=="u8) ? 2 : text.EndsWith("="u8) ? 1 : 0;
        if (text.Length % 4 != 0 || text[..^padding].ContainsAnyExcept(Alphabet) || !Base64Url.IsValid(text[..^padding]))
        {
            return null;
        }

        return Base64Url.DecodeFromUtf8(text[..^padding]);
    }

    private sealed record Key(byte[] Signing, byte[] Encryption)
    {
        public static Key FromText(string text)
        {
            var hash = SHA256.HashData(StrictText.Encode(text));
            return new(hash[..16], hash[16..]);
        }

        public bool TryDecrypt(ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> iv, [NotNullWhen(true)] out byte[]? plaintext)
        {
            plaintext = null;
            using var aes = Aes.Create();
            aes.Key = Encryption;
            try
            {
                plaintext = aes.DecryptCbc(ciphertext, iv);
                return true;
            }
            catch (CryptographicException)
            {
                return false; // signed with our key and yet not decryptable: a peer's defect, handled as any bad token
            }
        }
    }
}
