using System.Security.Authentication;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>What went wrong with a connection, in words for whoever runs the application: the client library's name switches of its own.</summary>
internal static class RedisFailure
{
    public const string NobodyAnswers = "nobody answers there as Redis does; check that it runs and that this process can reach it";
    private const string Refused = "it refuses the user or password, or wants one";

    /// <summary>Whether it is a server that cannot be connected to, and another one may do.</summary>
    public static bool IsOfConnecting(Exception error) =>
        error is RedisException or RedisCommandException or RespErrorException or TimeoutException or IOException or AuthenticationException;

    public static string Describe(Exception error) => HeaderText.Clause(error switch
    {
        TimeoutException => "no answer in time",
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } when SaysAuthentication(error.Message) => Refused,
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => error.InnerException is AuthenticationException tls ? tls.Message : Refused,
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } => NobodyAnswers,
        RedisConnectionException connection => $"the connection failed ({connection.FailureType})",
        RespErrorException when SaysAuthentication(error.Message) => Refused,
        RedisServerException or RespErrorException or IOException or AuthenticationException => error.Message,
        _ => $"{error.GetType().Name}: {error.Message}",
    });

    private static bool SaysAuthentication(string message) =>
        message.Contains("authentication", StringComparison.OrdinalIgnoreCase) || message.Contains("NOAUTH", StringComparison.Ordinal)
        || message.Contains("WRONGPASS", StringComparison.Ordinal) || message.Contains("password", StringComparison.OrdinalIgnoreCase);
}
