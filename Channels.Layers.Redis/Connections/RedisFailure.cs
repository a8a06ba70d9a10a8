using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>What went wrong with a connection, in words for whoever runs the application: the client library's name switches of its own.</summary>
internal static class RedisFailure
{
    public static string Describe(Exception error) => HeaderText.Escape(error switch
    {
        TimeoutException => "no answer in time",
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } when SaysAuthentication(error.Message) => "it refuses the password, or wants one",
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => "it refuses the password, or wants one",
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } => "nobody answers there as Redis does; check that it runs and that this process can reach it",
        RedisConnectionException connection => $"the connection failed ({connection.FailureType})",
        RedisServerException or IOException => error.Message,
        _ => $"{error.GetType().Name}: {error.Message}",
    });

    private static bool SaysAuthentication(string message) =>
        message.Contains("authentication", StringComparison.OrdinalIgnoreCase) || message.Contains("NOAUTH", StringComparison.Ordinal) || message.Contains("password", StringComparison.OrdinalIgnoreCase);
}
