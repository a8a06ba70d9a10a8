using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Checks <see cref="PresenceOptions"/> when the host starts.</summary>
[OptionsValidator]
internal sealed partial class PresenceOptionsValidator : IValidateOptions<PresenceOptions>;
