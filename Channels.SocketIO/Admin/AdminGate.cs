using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>Decides who is an administrator. Thread-safe.</summary>
/// <param name="options">The options; checked.</param>
/// <param name="runtime">What has the clock and the log.</param>
/// <remarks>A session is a time and a random number, signed: nothing of it is kept, so it holds in every process with the key.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without wait handle holds nothing to release.")]
internal sealed class AdminGate(SocketIOAdminOptions options, SocketIORuntime runtime)
{
    private const int ContentBytes = 16;
    private const int SessionBytes = ContentBytes + HMACSHA256.HashSizeInBytes;

    private readonly byte[] _key = options.SessionKey.IsEmpty ? RandomNumberGenerator.GetBytes(32) : options.SessionKey.ToArray();
    private readonly SemaphoreSlim _checking = new(1); // a password takes long to check, and strangers can ask

    /// <summary>Lets an administrator in.</summary>
    /// <returns>A session by which the client comes back without the password; null when it has none, or has one already.</returns>
    /// <exception cref="SocketIORefusedException">It is none.</exception>
    public async ValueTask<string?> LetInAsync(SocketIOScope scope)
    {
        if (options.Authorize is { } authorize && !await authorize(scope))
        {
            throw Refusal();
        }

        var claims = scope.Authentication;
        if (options.CheckPassword is not { } check || (Text(claims, "sessionId") is { } session && IsValid(session)))
        {
            return null;
        }

        if (Text(claims, "username") is not { } name || Text(claims, "password") is not { } password)
        {
            throw Refusal();
        }

        await _checking.WaitAsync(scope.Aborted);
        try
        {
            return await check(name, password) ? NewSession() : throw Refusal();
        }
        finally
        {
            _checking.Release();
        }
    }

    private SocketIORefusedException Refusal()
    {
        runtime.Log.AdminRefused();
        return new("invalid credentials"); // what the page knows
    }

    private string NewSession()
    {
        Span<byte> session = stackalloc byte[SessionBytes];
        BinaryPrimitives.WriteInt64BigEndian(session, runtime.Time.GetUtcNow().Add(options.SessionLifetime).ToUnixTimeSeconds());
        RandomNumberGenerator.Fill(session[sizeof(long)..ContentBytes]);
        HMACSHA256.HashData(_key, session[..ContentBytes], session[ContentBytes..]);
        return Base64Url.EncodeToString(session);
    }

    private bool IsValid(string text)
    {
        Span<byte> session = stackalloc byte[SessionBytes];
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (text.Length != Base64Url.GetEncodedLength(SessionBytes) || !Base64Url.TryDecodeFromChars(text, session, out var written) || written != SessionBytes)
        {
            return false;
        }

        HMACSHA256.HashData(_key, session[..ContentBytes], signature);
        return CryptographicOperations.FixedTimeEquals(signature, session[ContentBytes..])
            && BinaryPrimitives.ReadInt64BigEndian(session) > runtime.Time.GetUtcNow().ToUnixTimeSeconds();
    }

    private static string? Text(JsonElement claims, string name) =>
        claims.ValueKind == JsonValueKind.Object && claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
