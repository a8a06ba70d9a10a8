namespace Channels;

/// <summary>A consumer that knows the contracts of its messages.</summary>
internal interface IJsonMessages
{
    JsonMessageContracts Contracts { get; }
}
